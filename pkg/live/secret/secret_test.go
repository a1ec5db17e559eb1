package secret

import (
	"strings"
	"testing"
)

func TestWhatLooksLikeASecretIsMaskedAndTheRestIsNot(t *testing.T) {
	for in, want := range map[string]string{
		`{"user": "ann", "password": "hunter2", "n": 1}`:                           `{"user": "ann", "password": "[masked]", "n": 1}`,
		`{"api_key":"a\"b","apiKey":"c","accessToken":12}`:                         `{"api_key":"[masked]","apiKey":"[masked]","accessToken":"[masked]"}`,
		`user=ann&password=hunter2&x=1`:                                            `user=ann&password=[masked]&x=1`,
		`http://green/a?token=abc&q=1`:                                             `http://green/a?token=[masked]&q=1`,
		`Authorization was Bearer abcdefgh1234`:                                    `Authorization was [masked]`,
		`it is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl, ok`:          `it is [masked], ok`,
		`key AKIAIOSFODNN7EXAMPLE of wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY12`:   `key [masked] of [masked]`,
		`ghp_abcdefghijklmnop and xoxb-1234567890`:                                 `[masked] and [masked]`,
		"-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----":      `[masked]`,
		`sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1a2`:  `sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1a2`,
		`id 0b7e1f5e-3a0e-4d5b-9a59-2f2c1b0f7d11 of Sample-Website-Is-Up-And-Runs`: `id 0b7e1f5e-3a0e-4d5b-9a59-2f2c1b0f7d11 of Sample-Website-Is-Up-And-Runs`,
		`arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:3`: `arn:aws:ecs:us-east-1:111122223333:task-definition/sample-website-base:3`,
	} {
		m := Mask{}
		if got := m.Text(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func BenchmarkMask(b *testing.B) {
	for name, text := range map[string]string{
		"html":       strings.Repeat(`<div class="row"><a href="/items?id=7&page=2">An item</a></div>`, 128),
		"json":       strings.Repeat(`{"id": 7, "name": "item", "href": "https://shop.example/items/7"},`, 128),
		"of secrets": strings.Repeat(`{"id": 7, "token": "abc", "href": "/items/7?key=secret"},`, 128),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			m := Mask{literals: []string{"s3cr3t", "another"}}
			for b.Loop() {
				m.Text(text)
			}
		})
	}
}
