package desk_test

import (
	"fmt"
	"testing"

	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

func TestRekeyLeavesFormerKeysUnneeded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 3 {
		o.connect(fmt.Sprintf("+1555000000%d", i))
	}
	rotated := o.connect("+15550000009")
	in := twilioChannel("", "+15550000009")
	in.Secret = model.Secret{"authToken": "another token"}
	if _, _, err := o.UpdateChannel(o.asAdmin(), desk.ChannelChange{Channel: rotated.ID, Credentials: &in}); err != nil {
		t.Fatal(err)
	}
	both := o.deskWith(sealingKeys(t, sealingKey("2", 'b')+","+sealingKey("1", 'a')))
	if n, err := both.Rekey(t.Context()); err != nil || n != 4 {
		t.Errorf("resealed %d, %v", n, err)
	}
	if n, err := both.Rekey(t.Context()); err != nil || n != 0 {
		t.Errorf("a second time resealed %d, %v", n, err)
	}
	o.count(0, `channels WHERE secret NOT LIKE 'k2:%' OR secret_before NOT LIKE 'k2:%'`)
	c, err := o.db.Channel(t.Context(), o.account, rotated.ID)
	if err != nil {
		t.Fatal(err)
	}
	after := o.deskWith(sealingKeys(t, sealingKey("2", 'b')))
	current, all, err := after.Secrets(t.Context(), c)
	if err != nil || current["authToken"] != "another token" || len(all) != 2 {
		t.Errorf("%v %v, %v", current, all, err)
	}
	if _, _, err := o.Secrets(t.Context(), c); err == nil {
		t.Error("the former key still opens it")
	}
}

func TestASecretOpensOnItsOwnChannelOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b := o.connect("+15550000001"), o.connect("+15550000002")
	a.Sealed = b.Sealed
	if _, _, err := o.Secrets(t.Context(), a); err == nil {
		t.Error("the secret of one channel opens on another")
	}
	b.SealedBefore, b.SealedUntil = b.Sealed, ptr(o.now().AddDate(1, 0, 0))
	if _, _, err := o.Secrets(t.Context(), b); err == nil {
		t.Error("today's secret opens as a former one")
	}
}
