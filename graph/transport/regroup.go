package transport

// Regroup runs the socket's shared subscriptions again, as the context and Share now have it: call it after what the
// user may see has changed, and after SetContext if that is where it stands. When it returns, no response of the
// executions before is queued any more; each subscription then gets a prelude that resumes after its last event, and
// the tail of its new key. Subscriptions that are not shared, queries and mutations go on as they are.
//
// A socket whose Init has not returned yet is closed with 1013 instead: Init may already have read what has changed
// since, and the client comes back to read it again.
func (s *Socket) Regroup() {
	for _, m := range s.cutOff() {
		m.leave()
	}
}

// cutOff takes every member from its operation, so that neither its tail nor its prelude is heard any more, and starts
// the operations over. Those that have no member yet see the new generation when they get one.
func (s *Socket) cutOff() []*member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state < ready {
		s.shut(closeGap)
	}
	s.generation++
	var cut []*member
	for _, op := range s.operations {
		if op.member == nil {
			continue
		}
		cut = append(cut, op.member)
		op.member = nil
		op.cancel()
		s.start(op)
	}
	return cut
}
