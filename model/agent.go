package model

import "time"

// Availability is what an agent chose to be. Whether they are connected is measured apart from it.
type Availability string

// The availabilities.
const (
	Online  Availability = "ONLINE"
	Busy    Availability = "BUSY"
	Away    Availability = "AWAY"
	Offline Availability = "OFFLINE"
)

// Agent is a person who answers customers.
type Agent struct {
	AccountID    int64        `bun:"account_id,pk"`
	ID           ID           `bun:"id,pk"`
	Name         string       `bun:"name"`
	Email        string       `bun:"email"`
	Role         Role         `bun:"role"`
	PasswordHash string       `bun:"password_hash,nullzero"`
	Availability Availability `bun:"availability"`
	Connected    bool         `bun:"connected"`
	Load         int          `bun:"open_count"` // OPEN conversations owned, over all channels
	MaxLoad      int          `bun:"max_load"`   // automatic assignment stops here
	DisabledAt   *time.Time   `bun:"disabled_at"`
	CreatedAt    time.Time    `bun:"created_at"`
}

// Session is one sign-in of an agent. The token itself is never stored, only its SHA-256.
type Session struct {
	AccountID int64     `bun:"account_id,pk"`
	ID        ID        `bun:"id,pk"`
	AgentID   ID        `bun:"agent_id"`
	TokenHash []byte    `bun:"token_hash"`
	CreatedAt time.Time `bun:"created_at"`
	SeenAt    time.Time `bun:"seen_at"`
	ExpiresAt time.Time `bun:"expires_at"`
}

// The limits of a session. An unused session ends after SessionIdle, a used one after SessionLife.
const (
	SessionIdle = 12 * time.Hour
	SessionLife = 7 * 24 * time.Hour
)

// DefaultMaxLoad is how many open conversations a new agent takes when nothing else is said.
const DefaultMaxLoad = 10

// Account is one tenant: a company with its channels, agents and customers.
type Account struct {
	ID        int64     `bun:"id,pk"`
	Name      string    `bun:"name"`
	CreatedAt time.Time `bun:"created_at"`
}

// Team is a named group of agents that conversations can be handed to.
type Team struct {
	AccountID int64     `bun:"account_id,pk"`
	ID        ID        `bun:"id,pk"`
	Name      string    `bun:"name"`
	CreatedAt time.Time `bun:"created_at"`
}

// Label is a coloured word that agents put on conversations.
type Label struct {
	AccountID int64     `bun:"account_id,pk"`
	ID        ID        `bun:"id,pk"`
	Name      string    `bun:"name"`
	Color     string    `bun:"color"` // #rrggbb
	CreatedAt time.Time `bun:"created_at"`
}
