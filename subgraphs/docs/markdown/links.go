package markdown

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// rewriteLinks gives every relative link and image the URL that it resolves to. One that leads nowhere is no link any more.
func rewriteLinks(page string, resolve Resolve) string {
	var out strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := string(tokens.Raw())
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			out.WriteString(raw)
			continue
		}
		token := tokens.Token()
		if !rewriteAttribute(&token, resolve) {
			out.WriteString(raw)
			continue
		}
		out.WriteString(token.String())
	}
}

// rewriteAttribute rewrites the URL of a tag, and reports whether there was one to rewrite.
func rewriteAttribute(token *html.Token, resolve Resolve) bool {
	name := map[string]string{"a": "href", "img": "src"}[token.Data]
	if name == "" {
		return false
	}
	changed := false
	kept := token.Attr[:0]
	for _, attribute := range token.Attr {
		if attribute.Key == name && isRelative(attribute.Val) {
			changed = true
			target, ok := resolve(attribute.Val)
			if !ok {
				continue
			}
			attribute.Val = target
		}
		kept = append(kept, attribute)
	}
	token.Attr = kept
	return changed
}

// isRelative reports whether a URL is relative to the page that it is in. What is no URL is left to the policy.
func isRelative(target string) bool {
	u, err := url.Parse(target)
	return err == nil && u.Scheme == "" && u.Host == "" && u.Path != "" && !strings.HasPrefix(target, "/")
}
