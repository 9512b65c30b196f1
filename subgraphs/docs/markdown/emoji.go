package markdown

import (
	"regexp"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// emoji are the common ones, by short name. Others stay as they are written.
var emoji = map[string]string{
	"+1": "👍", "-1": "👎", "thumbsup": "👍", "thumbsdown": "👎", "tada": "🎉", "rocket": "🚀", "warning": "⚠️", "bulb": "💡",
	"white_check_mark": "✅", "heavy_check_mark": "✔️", "ballot_box_with_check": "☑️", "x": "❌", "cross_mark": "❌", "question": "❓",
	"exclamation": "❗", "information_source": "ℹ️", "no_entry": "⛔", "no_entry_sign": "🚫", "stop_sign": "🛑", "construction": "🚧",
	"bug": "🐛", "fire": "🔥", "sparkles": "✨", "star": "⭐", "zap": "⚡", "boom": "💥", "lock": "🔒", "unlock": "🔓", "key": "🔑",
	"memo": "📝", "pencil": "📝", "pencil2": "✏️", "book": "📖", "books": "📚", "bookmark": "🔖", "link": "🔗", "mag": "🔍",
	"wrench": "🔧", "hammer": "🔨", "gear": "⚙️", "package": "📦", "truck": "🚚", "calendar": "📅", "clock": "🕒", "hourglass": "⌛",
	"alarm_clock": "⏰", "email": "📧", "envelope": "✉️", "speech_balloon": "💬", "loudspeaker": "📢", "bell": "🔔", "eyes": "👀",
	"wave": "👋", "clap": "👏", "pray": "🙏", "muscle": "💪", "point_right": "👉", "point_left": "👈", "point_up": "☝️",
	"point_down": "👇", "ok_hand": "👌", "raised_hands": "🙌", "smile": "😄", "smiley": "😃", "grin": "😁", "laughing": "😆",
	"joy": "😂", "wink": "😉", "thinking": "🤔", "confused": "😕", "cry": "😢", "sob": "😭", "sunglasses": "😎", "heart": "❤️",
	"broken_heart": "💔", "100": "💯", "red_circle": "🔴", "green_circle": "🟢", "yellow_circle": "🟡", "large_blue_circle": "🔵",
	"white_circle": "⚪", "black_circle": "⚫", "arrow_right": "➡️", "arrow_left": "⬅️", "arrow_up": "⬆️", "arrow_down": "⬇️",
	"recycle": "♻️", "snowflake": "❄️", "sunny": "☀️", "cloud": "☁️", "umbrella": "☔", "rainbow": "🌈", "earth_africa": "🌍",
	"money_with_wings": "💸", "dollar": "💵", "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "bar_chart": "📊",
	"file_folder": "📁", "open_file_folder": "📂", "page_facing_up": "📄", "clipboard": "📋", "pushpin": "📌", "paperclip": "📎",
	"computer": "💻", "iphone": "📱", "shield": "🛡️", "robot": "🤖", "ghost": "👻", "skull": "💀", "bomb": "💣", "trophy": "🏆",
	"medal": "🏅", "gift": "🎁", "coffee": "☕", "pizza": "🍕", "beers": "🍻", "cat": "🐱", "dog": "🐶", "snail": "🐌", "whale": "🐳",
	"turtle": "🐢", "octopus": "🐙", "unicorn": "🦄", "seedling": "🌱", "evergreen_tree": "🌲", "house": "🏠", "office": "🏢",
}

var shortName = regexp.MustCompile(`^:([a-z0-9_+\-]{1,40}):`)

// emojis replaces `:tada:`.
type emojis struct{}

// Extend implements [goldmark.Extender].
func (emojis) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithInlineParsers(util.Prioritized(emojis{}, 999)))
}

// Trigger implements [parser.InlineParser].
func (emojis) Trigger() []byte { return []byte{':'} }

// Parse implements [parser.InlineParser].
func (emojis) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	match := shortName.FindSubmatch(line[:min(len(line), 50)])
	if match == nil {
		return nil
	}
	symbol, ok := emoji[string(match[1])]
	if !ok {
		return nil
	}
	block.Advance(len(match[0]))
	return ast.NewString([]byte(symbol))
}
