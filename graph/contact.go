package graph

import (
	"context"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

type contactResolver struct{ *Resolver }

// Contacts lists customers.
func (r *queryResolver) Contacts(ctx context.Context, filter *exec.ContactFilter, first *int, after *string, last *int, before *string) (*exec.ContactConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	f := db.ContactFilter{}
	if filter != nil {
		f = db.ContactFilter{Text: given(filter.Text), Address: given(filter.Address)}
	}
	return contactConnection(r.DB.Contacts(ctx, v, f, page(first, after, last, before)))
}

// Contact finds one customer.
func (r *queryResolver) Contact(ctx context.Context, id model.ID) (*model.Contact, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	contacts, err := r.DB.SeeContacts(ctx, v, []model.ID{id})
	return contacts[id], err
}

// Identities are the addresses of each customer.
func (r *contactResolver) Identities(ctx context.Context, contacts []*model.Contact) ([][]*model.Identity, error) {
	return r.load(ctx, contacts[0].AccountID).Identities.Get(ctx, idsOf(contacts, contactID))
}

// Conversations are those of each customer that the viewer may see.
func (r *contactResolver) Conversations(ctx context.Context, contacts []*model.Contact, first *int, after *string, last *int, before *string) ([]*exec.ConversationConnection, error) {
	v, err := viewer(ctx)
	if err != nil {
		return nil, err
	}
	pages, err := r.DB.ConversationsOf(ctx, v, idsOf(contacts, contactID), page(first, after, last, before))
	return connections(contacts, contactID, pages, err, conversationConnection)
}

func contactID(c *model.Contact) model.ID { return c.ID }

// UpdateContact renames or blocks a customer.
func (r *mutationResolver) UpdateContact(ctx context.Context, in exec.UpdateContactInput) (*exec.UpdateContactPayload, error) {
	contact, err := r.Desk.UpdateContact(ctx, desk.ContactChange{Contact: in.ContactID, Name: in.Name, Blocked: in.Blocked})
	errs, err := refused(err)
	return &exec.UpdateContactPayload{Contact: contact, UserErrors: errs}, err
}
