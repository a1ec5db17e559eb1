package events

import (
	"encoding/json"
	"fmt"
)

// maxNumber is how far from 0 the numbers in a numeric expression may be.
const maxNumber = 5e9

type comparison struct {
	operator string
	operand  float64
}

func (c comparison) holds(v float64) bool {
	switch c.operator {
	case "=":
		return v == c.operand
	case "<":
		return v < c.operand
	case "<=":
		return v <= c.operand
	case ">":
		return v > c.operand
	default:
		return v >= c.operand
	}
}

// numeric reads ["=", 1], ["<", 5] or a range such as [">", 0, "<=", 5].
func (p *parser) numeric() (value, error) {
	token, err := p.next()
	if err != nil {
		return value{}, err
	}
	if token != json.Delim('[') {
		return value{}, p.fail("Value of numeric must be an array.")
	}
	var all []comparison
	for {
		if token, err = p.next(); err != nil {
			return value{}, err
		}
		if token == json.Delim(']') && len(all) > 0 {
			break
		}
		operator, ok := token.(string)
		if err := p.checkOperator(all, token, operator, ok); err != nil {
			return value{}, err
		}
		if token, err = p.next(); err != nil {
			return value{}, err
		}
		n, ok := token.(json.Number)
		if !ok {
			name := operator
			if name == "=" {
				name = "equals"
			}
			return value{}, p.fail("Value of " + name + " must be numeric")
		}
		operand, err := n.Float64()
		if err != nil || operand < -maxNumber || operand > maxNumber {
			return value{}, p.fail("Value must be between -5.0E9 and 5.0E9, inclusive")
		}
		all = append(all, comparison{operator, operand})
	}
	if len(all) == 2 && all[0].operand >= all[1].operand {
		return value{}, p.fail("Bottom must be less than top")
	}
	return value{match: func(leaf any) bool {
		n, ok := leaf.(json.Number)
		if !ok {
			return false
		}
		v, err := n.Float64()
		if err != nil {
			return false
		}
		for _, c := range all {
			if !c.holds(v) {
				return false
			}
		}
		return true
	}}, nil
}

// checkOperator refuses what cannot stand behind the comparisons read so far.
func (p *parser) checkOperator(all []comparison, token json.Token, operator string, isText bool) error {
	switch {
	case len(all) == 0 && !isText:
		return p.fail(fmt.Sprintf("Invalid member in numeric match: %v", token))
	case len(all) == 0:
		switch operator {
		case "=", "<", "<=", ">", ">=":
			return nil
		}
		return p.fail("Unrecognized numeric range operator: " + operator)
	case len(all) == 1 && all[0].operator != ">" && all[0].operator != ">=":
		return p.fail("Too many elements in numeric expression")
	case len(all) == 1 && !isText:
		return p.fail(fmt.Sprintf("Bad value in numeric range: %v", token))
	case len(all) == 1 && operator != "<" && operator != "<=":
		return p.fail("Bad numeric range operator: " + operator)
	case len(all) > 1:
		return p.fail("Too many terms in numeric range expression")
	}
	return nil
}
