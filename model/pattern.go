package model

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"unicode/utf8"
)

// The limits of regular expressions. RE2 takes time in proportion to the text and to the steps of the expression, which
// repetitions multiply: MaxRulesSteps bounds what one message can cost on a channel to less than a second.
const (
	MaxPattern      = 500  // bytes
	MaxPatternSteps = 500  // of one expression, as patternSteps counts them
	MaxRulesSteps   = 5000 // of all expressions of a channel
)

// checkPattern refuses an expression that is none, or costs too much.
func checkPattern(pattern string, path ...string) *Error {
	if len(pattern) > MaxPattern || !utf8.ValidString(pattern) {
		return Refuse(Invalid, fmt.Sprintf("Give a regular expression of %d bytes at most.", MaxPattern), path...)
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if bad := (*syntax.Error)(nil); errors.As(err, &bad) {
		return Refuse(Invalid, fmt.Sprintf("This is no regular expression (RE2): %s at %q.", bad.Code, bad.Expr), path...)
	}
	if err != nil || countSteps(re) > MaxPatternSteps {
		return Refuse(Invalid, fmt.Sprintf("This regular expression takes more than %d steps. Repeat less in it.", MaxPatternSteps), path...)
	}
	return nil
}

// patternSteps is what an expression weighs: about the number of its steps when every repetition is written out.
func patternSteps(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	return countSteps(re)
}

func countSteps(re *syntax.Regexp) int {
	steps := 1
	if re.Op == syntax.OpLiteral {
		steps = len(re.Rune)
	}
	for _, sub := range re.Sub {
		steps += countSteps(sub)
	}
	if re.Op == syntax.OpRepeat {
		steps *= max(re.Min, re.Max, 1)
	}
	return steps
}
