package model

import "time"

// AttachmentState says whether the bytes of an attachment can be had.
type AttachmentState string

// The states of an attachment.
const (
	AttachmentPending AttachmentState = "PENDING" // being fetched from the provider
	AttachmentReady   AttachmentState = "READY"
	AttachmentFailed  AttachmentState = "FAILED" // the provider no longer has it, or it was too large
)

// Attachment is a file in a message, or one uploaded and not yet sent.
type Attachment struct {
	AccountID      int64           `bun:"account_id,pk"`
	ID             ID              `bun:"id,pk"`
	ConversationID ID              `bun:"conversation_id,nullzero"` // empty until the upload is sent
	MessageID      ID              `bun:"message_id,nullzero"`
	Position       int             `bun:"position"`
	State          AttachmentState `bun:"state"`
	ContentType    string          `bun:"content_type"`
	FileName       string          `bun:"file_name"`
	Size           int64           `bun:"size"` // bytes
	BlobKey        string          `bun:"blob_key,nullzero"`
	SourceURL      string          `bun:"source_url,nullzero"` // where the provider holds it
	Failure        string          `bun:"failure,nullzero"`
	AgentID        ID              `bun:"agent_id,nullzero"` // who uploaded it
	CreatedAt      time.Time       `bun:"created_at"`
}

// The limits of attachments.
const (
	MaxAttachments     = 10       // in one message
	MaxAttachmentBytes = 16 << 20 // each
	AgentURLLife       = 15 * time.Minute
	ProviderURLLife    = 24 * time.Hour
	UploadLife         = 24 * time.Hour // an upload that no message used is deleted after it
)
