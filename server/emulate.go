package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/channel/twilio/twiliotest"
	"github.com/livedesk/livedesk/server/desk"
)

// emulatorPassword is that of the emulator's admin. The emulator listens on this machine alone, and keeps a data
// folder of its own.
const emulatorPassword = "emulator-only"

// emulate starts a fake Twilio, and unless told otherwise a desk that is connected to it.
func emulate(ctx context.Context, c *Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("emulate", flag.ContinueOnError)
	flags.SetOutput(out)
	only := flags.Bool("only", false, "start the fake Twilio alone, for a desk whose LIVEDESK_TWILIO_URL names it")
	addr := flags.String("addr", "127.0.0.1:8090", "where the fake Twilio listens; a loopback address")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !isLoopback(*addr) {
		return errors.New("-addr: the fake Twilio listens on a loopback address only")
	}
	fake, err := startFake(*addr, c)
	if err != nil {
		return err
	}
	defer fake.stop()
	if *only {
		fmt.Fprintf(out, "The fake Twilio runs at %s\n  Page          %s/\n  Account SID   %s\n  Auth Token    %s\n  WhatsApp      %s\n  SMS           %s\n  Service       %s\n",
			fake.url, fake.url, twiliotest.AccountSid, twiliotest.AuthToken, twiliotest.WhatsAppNumber, twiliotest.SMSNumber, twiliotest.ServiceSid)
		<-ctx.Done()
		return nil
	}
	return fake.withDesk(ctx, c, out)
}

// fakeTwilio is the emulator as a server.
type fakeTwilio struct {
	twilio *twiliotest.Twilio
	http   *http.Server
	url    string
}

func startFake(addr string, c *Config) (*fakeTwilio, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the fake Twilio: %w", err)
	}
	f := &fakeTwilio{url: "http://" + listener.Addr().String()}
	f.twilio = twiliotest.New(twiliotest.Options{Seed: rand.Uint64(), URL: f.url, // the desk remembers the SIDs of the last run

		Pace:  twiliotest.Pace{Queued: 200 * time.Millisecond, Sent: 500 * time.Millisecond, Delivered: time.Second, Read: 2 * time.Second},
		Links: []twiliotest.Link{{Title: "GraphiQL of the desk", URL: c.PublicURL + "/"}}})
	f.twilio.AddDefault()
	f.http = &http.Server{Handler: f.twilio.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go f.http.Serve(listener)
	return f, nil
}

func (f *fakeTwilio) stop() {
	f.twilio.Close()
	f.http.Close()
}

// withDesk runs a desk of its own beside the fake: with its own data, so that nothing of it reaches a real desk.
func (f *fakeTwilio) withDesk(ctx context.Context, c *Config, out io.Writer) error {
	if c.Mode != Development {
		return errors.New("the emulator is for development: LIVEDESK_ADDR must be a loopback address and LIVEDESK_MODE not production")
	}
	if c.DatabaseURL != "" {
		fmt.Fprintln(out, "DATABASE_URL is left alone: the emulator keeps a database of its own.")
	}
	c.DatabaseURL, c.BlobURL, c.SecretKeys = "", "", ""
	c.DataDir = filepath.Join(c.DataDir, "emulator")
	c.AdminEmail, c.AdminPassword, c.TwilioURL = "admin@livedesk.local", emulatorPassword, f.url
	if err := c.Complete(); err != nil {
		return err
	}
	s, err := Start(ctx, c, NewLog(os.Stderr, c.Mode))
	if err != nil {
		return err
	}
	defer s.Stop(context.WithoutCancel(ctx))
	signedIn, err := s.desk.SignIn(ctx, desk.SignIn{Email: c.AdminEmail, Password: emulatorPassword, Address: "127.0.0.1"})
	if err != nil {
		return fmt.Errorf("sign in to the emulator's desk (delete %s to begin anew): %w", c.DataDir, err)
	}
	viewer, _, err := s.desk.Authenticate(ctx, signedIn.Token)
	if err != nil {
		return err
	}
	if err := f.connect(model.WithViewer(ctx, viewer), s); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nLivedesk with a fake Twilio\n")
	fmt.Fprintf(out, "  1. GraphiQL            %s/#token=%s\n     (signed in; or sign in as %s with %s)\n", c.PublicURL, url.QueryEscape(signedIn.Token), c.AdminEmail, emulatorPassword)
	fmt.Fprintf(out, "  2. Customers' phones   %s/\n", f.url)
	fmt.Fprintf(out, "Run the subscription in the first page, then write a message in the second.\nCtrl-C ends both.\n")
	return s.Serve(ctx)
}

// connect makes the channels of the emulator's numbers, once, and tells the fake where they get their webhooks.
func (f *fakeTwilio) connect(ctx context.Context, s *Server) error {
	for _, want := range []struct {
		name, number string
		kind         model.ChannelKind
		sender       model.Sender
	}{
		{"WhatsApp", twiliotest.WhatsAppNumber, model.WhatsApp, model.Sender{PhoneNumber: model.CleanAddress(twiliotest.WhatsAppNumber)}},
		{"SMS", twiliotest.SMSNumber, model.SMS, model.Sender{PhoneNumber: twiliotest.SMSNumber}},
		{"WhatsApp by service", twiliotest.ServiceSid, model.WhatsApp, model.Sender{Service: twiliotest.ServiceSid}},
	} {
		want.sender.ProviderAccount = twiliotest.AccountSid
		c, err := s.channelNamed(ctx, want.name)
		if err == nil && c == nil {
			c, _, err = s.desk.CreateChannel(ctx, desk.NewChannel{Name: want.name, Kind: want.kind, Provider: model.Twilio,
				Sender: want.sender, Secret: model.Secret{"authToken": twiliotest.AuthToken}})
		}
		if err != nil {
			return fmt.Errorf("connect %s to the fake Twilio: %w", want.name, err)
		}
		address, err := s.desk.WebhookURL(ctx, c)
		if err != nil {
			return err
		}
		f.twilio.SetWebhook(want.number, address)
	}
	return nil
}

func (s *Server) channelNamed(ctx context.Context, name string) (*model.Channel, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	first := model.MaxPage
	list, err := s.db.ChannelPage(ctx, v, model.Page{First: &first})
	if err != nil {
		return nil, err
	}
	for _, c := range list.Nodes {
		if c.Name == name {
			return c, nil
		}
	}
	return nil, nil
}
