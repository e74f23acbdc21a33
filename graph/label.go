package graph

import (
	"context"

	"github.com/livedesk/livedesk/graph/exec"
	"github.com/livedesk/livedesk/model"
	"github.com/livedesk/livedesk/server/desk"
)

// Labels lists the labels of the account.
func (r *queryResolver) Labels(ctx context.Context, first *int, after *string, last *int, before *string) (*exec.LabelConnection, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	return labelConnection(r.DB.LabelPage(ctx, v.Account, page(first, after, last, before)))
}

// Label finds one label.
func (r *queryResolver) Label(ctx context.Context, id model.ID) (*model.Label, error) {
	v, err := model.ViewerFrom(ctx)
	if err != nil {
		return nil, err
	}
	labels, err := r.DB.LabelsByID(ctx, v.Account, []model.ID{id})
	return labels[id], err
}

// CreateLabel adds a label.
func (r *mutationResolver) CreateLabel(ctx context.Context, in exec.CreateLabelInput) (*exec.CreateLabelPayload, error) {
	label, err := r.Desk.CreateLabel(ctx, in.Name, in.Color)
	errs, err := refused(err)
	return &exec.CreateLabelPayload{Label: label, UserErrors: errs}, err
}

// UpdateLabel renames or recolours a label.
func (r *mutationResolver) UpdateLabel(ctx context.Context, in exec.UpdateLabelInput) (*exec.UpdateLabelPayload, error) {
	label, err := r.Desk.UpdateLabel(ctx, desk.LabelChange{Label: in.LabelID, Name: in.Name, Color: in.Color})
	errs, err := refused(err)
	return &exec.UpdateLabelPayload{Label: label, UserErrors: errs}, err
}

// DeleteLabel deletes a label.
func (r *mutationResolver) DeleteLabel(ctx context.Context, in exec.DeleteLabelInput) (*exec.DeleteLabelPayload, error) {
	err := r.Desk.DeleteLabel(ctx, in.LabelID)
	deleted := gone(in.LabelID, err)
	errs, err := refused(err)
	return &exec.DeleteLabelPayload{DeletedLabelID: deleted, UserErrors: errs}, err
}
