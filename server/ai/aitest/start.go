package aitest

import (
	"context"
	"net"
	"net/http"
)

// Server is an endpoint on a port of loopback.
type Server struct {
	*Endpoint
	Address string // "127.0.0.1:port", for the list of private hosts
	http    *http.Server
	done    chan struct{}
}

// Start serves an endpoint until Close. It panics when there is no port, as tests cannot go on then.
func Start(o Options) *Server {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("aitest: " + err.Error())
	}
	s := &Server{Endpoint: New(o), Address: listener.Addr().String(), done: make(chan struct{})}
	s.http = &http.Server{Handler: s.Endpoint}
	go func() {
		defer close(s.done)
		s.http.Serve(listener)
	}()
	return s
}

// URL is the base URL of the endpoint; for Azure, that of the first model.
func (s *Server) URL() string {
	if s.options.Azure {
		return "http://" + s.Address + "/openai/deployments/" + s.options.Models[0].Name + "?api-version=2024-10-21"
	}
	return "http://" + s.Address + "/v1"
}

// Close breaks all connections, those of held requests too, and waits for what was being answered.
func (s *Server) Close() {
	s.http.Close()
	<-s.done
	s.Until(context.Background(), func(c Counts) bool { return c.InFlight == 0 })
}
