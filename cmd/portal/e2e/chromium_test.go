package e2e_test

import (
	"context"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is a tab of a headless browser.
type chromium struct {
	t   testing.TB
	ctx context.Context //nolint:containedctx // a tab is its context

	mu       sync.Mutex
	complain []string // what its console shows of errors
}

// newChromium starts a browser with a profile of its own; the test is skipped where there is none.
func newChromium(t *testing.T) *chromium {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: pages are not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.IgnoreCertErrors)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses to run as root otherwise
	}
	allocator, endAllocator := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, endTab := chromedp.NewContext(allocator)
	c := &chromium{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	var reading sync.WaitGroup
	reading.Go(func() { c.listen(messages) })
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		endTab()
		endAllocator()
		reading.Wait()
	})
	return c
}

// listen notes errors, violations of a content security policy among them.
func (c *chromium) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleWarning {
			c.mu.Lock()
			c.complain = append(c.complain, fmt.Sprintf("%s: %s (%s)", m.Type, m.Text, m.URL))
			c.mu.Unlock()
		}
	}
}

// complaints gives what was noted since it was last asked.
func (c *chromium) complaints() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.complain
	c.complain = nil
	return all
}

func (c *chromium) do(steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, startTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		c.t.Fatal(err)
	}
}

func (c *chromium) open(url string) {
	c.t.Helper()
	c.do(chromedp.Navigate(url))
}

func (c *chromium) click(selector string) {
	c.t.Helper()
	c.do(chromedp.Click(chromedp.CSS(selector)))
}

// shows waits until the text of the page has all these words; pages may come and go meanwhile.
func (c *chromium) shows(words ...string) {
	c.t.Helper()
	var text string
	for deadline := time.Now().Add(answerTimeout); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text, _ = chromedp.Run(c.ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
		if containsAll(text, words) {
			return
		}
	}
	c.t.Fatalf("the page does not show %q but %s; the console: %q", words, text, c.complaints())
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// script runs a script in the page and gives what its promise gives.
func (c *chromium) script(source string) map[string]string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, startTimeout)
	defer cancel()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[map[string]string](source, chromedp.EvalAwaitPromise))
	if err != nil {
		c.t.Fatal(err)
	}
	return result
}

// testChromium signs in with a browser, uses GraphiQL, visits pages that attack, and signs out.
func testChromium(t *testing.T, o *organisation) {
	c := newChromium(t)
	o.provider.QueueUser(mei)
	c.open(o.url + "/auth/sign-in?return_to=/auth/account")
	c.shows("Sign in with Corp")
	c.click("a.button")
	c.shows("user:default/mei.tanaka", "Where you are signed in", "Here, with corp")
	if complaints := c.complaints(); len(complaints) > 0 {
		t.Errorf("the console shows %q", complaints)
	}
	testGraphiQL(t, o, c)
	testPagesOfOthers(t, o, c)
	c.open(o.url + "/auth/account")
	c.shows("user:default/mei.tanaka")
	c.click(`form[action="/auth/sign-out"] button`)
	c.shows("You are signed out")
	c.open(o.url + "/auth/account")
	c.shows("Sign in with Corp")
}

// testGraphiQL runs a query and a subscription on the page at /graphql.
func testGraphiQL(t *testing.T, o *organisation, c *chromium) {
	c.open(o.url + "/graphql")
	c.shows("# Whoever you are")
	c.click(".graphiql-execute-button")
	c.shows(`"ref": "user:default/mei.tanaka"`, `"totalCount"`)
	// GraphiQL reads what is in its editor a moment after it was written.
	const editor = `document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror`
	c.do(chromedp.Evaluate[chromedp.Void](editor + `.setValue("subscription Live { catalogChanges { ref } }")`))
	c.do(chromedp.Poll[chromedp.Void](editor + `.operationName === "Live"`))
	c.click(".graphiql-execute-button")
	result := func() string {
		text, _ := chromedp.Run(c.ctx, chromedp.Evaluate[string](`document.querySelector(".result-window").innerText`))
		return text
	}
	// The stream begins when it begins: changes are made until one is seen.
	if !o.changeUntil(t, func() bool { return strings.Contains(result(), "component:default/seen-in-a-page") }) {
		t.Errorf("GraphiQL shows no change but %s", result())
	}
	if complaints := c.complaints(); len(complaints) > 0 {
		t.Errorf("GraphiQL: the console shows %q", complaints)
	}
}

// changeUntil registers components until something is so, which it says in the end.
func (o *organisation) changeUntil(t *testing.T, so func() bool) bool {
	t.Helper()
	admin := o.userAgent(t)
	admin.signIn(vera, "/auth/corp/start")
	deadline := time.Now().Add(answerTimeout)
	for i := 0; time.Now().Before(deadline); i++ {
		folder := filepath.Join(o.folder, fmt.Sprintf("seen-in-a-page-%d", i))
		if err := os.MkdirAll(folder, 0o750); err != nil {
			t.Fatal(err)
		}
		file := writeSettings(t, folder, "catalog-info.yaml", fmt.Sprintf(newComponent, filepath.Base(folder), "everyone"))
		got := admin.ask(fmt.Sprintf(`mutation { registerLocation(input: {type: "file", target: %q}) { location { id } userErrors { message } } }`, file))
		if !strings.Contains(got.body, `"location":{"id"`) {
			t.Fatalf("registered %d %s", got.status, got.body)
		}
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if so() {
				return true
			}
		}
	}
	return false
}

// reads is what a page tries to learn with the cookie of whoever looks at it.
const reads = `(async (portal) => {
  const out = {};
  const read = async (name, path, options) => {
    try { out[name] = await (await fetch(portal + path, {credentials: 'include', ...options})).text(); } catch (e) { out[name] = 'failed: ' + e; }
  };
  const query = '{ viewer { ref } }', link = '/graphql?query=' + encodeURIComponent(query);
  const json = {'Content-Type': 'application/json'};
  await read('JSON', '/graphql', {method: 'POST', headers: json, body: JSON.stringify({query})});
  await read('a stream', '/graphql', {method: 'POST', headers: {...json, Accept: 'text/event-stream'}, body: JSON.stringify({query})});
  await read('parts', '/graphql', {method: 'POST', headers: {...json, Accept: 'multipart/mixed;deferSpec=20220824, application/json'}, body: JSON.stringify({query})});
  await read('a link', link, {headers: {Accept: 'application/json', 'GraphQL-Preflight': '1'}});
  await read('a token', '/auth/token', {method: 'POST', body: new URLSearchParams({grant_type: 'session'})});
  for (const protocol of ['graphql-transport-ws', 'graphql-ws']) {
    out['a websocket of ' + protocol] = await new Promise((done) => {
      const socket = new WebSocket(portal.replace(/^http/, 'ws') + '/graphql', protocol);
      socket.onopen = () => socket.send('{"type":"connection_init","payload":{}}');
      socket.onmessage = (m) => { done(m.data); socket.close(); };
      socket.onerror = socket.onclose = () => done('closed');
    });
  }
  out['events'] = await new Promise((done) => {
    const source = new EventSource(portal + link, {withCredentials: true});
    source.onopen = () => { done('open'); source.close(); };
    source.onerror = () => { source.close(); done('closed'); };
  });
  return out;
})(%q)`

// writes is what a page tries to do with the cookie of whoever looks at it: none of it may end the session.
const writes = `(async (portal) => {
  const blind = (path, type, body) => fetch(portal + path, {method: 'POST', mode: 'no-cors', credentials: 'include', headers: {'Content-Type': type}, body}).catch(() => {});
  const mutation = JSON.stringify({query: 'mutation { signOutEverywhere(input: {}) { ended } }'});
  await blind('/graphql', 'text/plain', mutation);
  await blind('/graphql', 'application/x-www-form-urlencoded', new URLSearchParams({query: JSON.parse(mutation).query}));
  await blind('/auth/sign-out', 'application/x-www-form-urlencoded', 'everywhere=yes');
  const form = document.createElement('form');
  form.method = 'post'; form.action = portal + '/auth/sign-out'; form.innerHTML = '<input name="everywhere" value="yes">';
  document.body.append(form);
  setTimeout(() => form.submit());
  return {};
})(%q)`

// testPagesOfOthers opens pages of another site, and of another port of the same site, which use what the browser sends by
// itself. The page of the portal shows that the same script succeeds there.
func testPagesOfOthers(t *testing.T, o *organisation, c *chromium) {
	c.open(o.url + "/graphql")
	c.shows("Variables")
	for name, got := range c.script(fmt.Sprintf(reads, o.url)) {
		if !strings.Contains(got, "user:default/mei.tanaka") && !strings.Contains(got, "connection_ack") && !strings.Contains(got, "access_token") && got != "open" {
			t.Errorf("the page of the portal gets by %s: %s", name, got)
		}
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>x</title><body>a page of somebody else</body>"))
	})
	other := httptest.NewServer(page)
	t.Cleanup(other.Close)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(other.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for kind, url := range map[string]string{"another site": "http://localhost:" + port, "another port": other.URL} {
		c.open(url)
		c.shows("a page of somebody else")
		for name, got := range c.script(fmt.Sprintf(reads, o.url)) {
			if got != "closed" && !strings.HasPrefix(got, "failed: ") {
				t.Errorf("a page of %s gets by %s: %s", kind, name, got)
			}
		}
		c.script(fmt.Sprintf(writes, o.url))
		c.shows("cross-origin request detected")
		c.open(o.url + "/auth/account")
		c.shows("user:default/mei.tanaka")
	}
}
