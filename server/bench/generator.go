package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A generator makes load in a process of its own, `livedesk bench NAME`. It reads tasks as JSON from its standard
// input and answers each on its standard output, until the input ends; so it ends with whoever started it.
var generators = map[string]func(ctx context.Context, in io.Reader, out io.Writer) error{
	"ingest-load":  generator(newIngestLoad),
	"kill-load":    generator(newKillLoad),
	"list-load":    generator(newListLoad),
	"writers-load": generator(newWritersLoad),
	"push-load":    generator(newPushLoad),
	"sockets-load": generator(newSocketsLoad),
	"place-load":   generator(newPlacingLoad),
	"reports-load": generator(newReportsLoad),
	"ai-load":      generator(newAiLoad),
}

// loader does tasks of one kind. It may keep things between them; close lets go of those.
type loader[Task, Answer any] interface {
	do(ctx context.Context, t Task) (Answer, error)
	close()
}

type answered[Answer any] struct {
	Answer Answer
	Error  string
}

func generator[Task, Answer any, L loader[Task, Answer]](begin func() L) func(context.Context, io.Reader, io.Writer) error {
	return func(ctx context.Context, in io.Reader, out io.Writer) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		tasks := make(chan Task)
		go func() { cancel(readTasks(ctx, in, tasks)) }()
		l := begin()
		defer l.close()
		for {
			select {
			case <-ctx.Done():
				if errors.Is(context.Cause(ctx), io.EOF) {
					return nil
				}
				return context.Cause(ctx)
			case t := <-tasks:
				var a answered[Answer]
				var err error
				if a.Answer, err = l.do(ctx, t); err != nil {
					a.Error = err.Error()
				}
				if err := json.NewEncoder(out).Encode(a); err != nil {
					return err
				}
			}
		}
	}
}

func readTasks[Task any](ctx context.Context, in io.Reader, tasks chan<- Task) error {
	for d := json.NewDecoder(in); ; {
		var t Task
		if err := d.Decode(&t); err != nil {
			return err
		}
		select {
		case tasks <- t:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// crew is a generator at work.
type crew[Task, Answer any] struct {
	stage   *stage
	name    string
	process *process
	tasks   *json.Encoder
	end     io.Closer // of the generator's input
	answers *json.Decoder
}

// hire starts a generator.
func hire[Task, Answer any](ctx context.Context, s *stage, name string) (*crew[Task, Answer], error) {
	taskIn, taskOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answerIn, answerOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer taskIn.Close() // the child has its own
	defer answerOut.Close()
	p, err := s.start(ctx, taskIn, answerOut, nil, "bench", name)
	if err != nil {
		return nil, err
	}
	return &crew[Task, Answer]{stage: s, name: name, process: p, tasks: json.NewEncoder(taskOut), end: taskOut, answers: json.NewDecoder(answerIn)}, nil
}

// ask gives the generator a task and waits for what it says.
func (c *crew[Task, Answer]) ask(t Task) (Answer, error) {
	var a answered[Answer]
	err := c.tasks.Encode(t)
	if err == nil {
		err = c.answers.Decode(&a)
	}
	if err != nil {
		c.end.Close()
		<-c.process.done
		return a.Answer, fmt.Errorf("talk to %s, which ended (%v): %w%s", c.name, c.process.cmd.ProcessState, err, c.stage.logTail(c.name))
	}
	if a.Error != "" {
		return a.Answer, fmt.Errorf("%s: %s", c.name, a.Error)
	}
	return a.Answer, nil
}

// dismiss lets the generator go.
func (c *crew[Task, Answer]) dismiss() {
	c.end.Close()
	<-c.process.done
}
