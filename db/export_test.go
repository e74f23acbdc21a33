package db

// FirstDecisions is the query by which History reads, and IDFrom what it is given.
const FirstDecisions = firstDecisions

var IDFrom = idFrom
