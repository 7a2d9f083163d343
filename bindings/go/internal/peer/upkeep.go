package main

import "encoding/json"

// upkeep does what concerns the file as a whole.
func (p *peer) upkeep(verb string) error {
	switch verb {
	case "survey":
		return p.told(p.cache.Survey(ctx))
	case "check":
		return p.told(p.cache.Check(ctx, p.has("deep")))
	case "backup":
		return p.cache.Backup(ctx, p.form.Get("path"))
	case "compact":
		freed, err := p.cache.Compact(ctx)
		p.answer.Set("freed", number(freed))
		return err
	case "set_offline":
		return p.cache.SetOffline(p.number("offline") == 1)
	}
	return errLack
}

func (p *peer) told(found any, err error) error {
	if err != nil {
		return err
	}
	text, err := json.Marshal(found)
	p.answer.Set("json", string(text))
	return err
}
