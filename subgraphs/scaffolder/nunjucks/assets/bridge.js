// Sets up nunjucks for the scaffolder. The host provides: module, hostFilters (name -> function), limits.
(function () {
  'use strict';
  var nunjucks = module.exports;

  function bounded(prototype, name, lengthOf) {
    var original = prototype[name];
    Object.defineProperty(prototype, name, {
      value: function () {
        if (lengthOf.apply(this, arguments) > limits.text) {
          throw new Error(name + ' would make a text of more than ' + limits.text + ' characters');
        }
        return original.apply(this, arguments);
      },
      writable: false, configurable: false,
    });
  }
  bounded(String.prototype, 'repeat', function (n) { return this.length * Number(n); });
  bounded(String.prototype, 'padStart', function (n) { return Number(n); });
  bounded(String.prototype, 'padEnd', function (n) { return Number(n); });
  bounded(Array.prototype, 'fill', function () { return this.length; });
  bounded(Array.prototype, 'concat', function () { return this.length; });
  bounded(Array.prototype, 'join', function (s) { return this.length * String(s === undefined ? ',' : s).length; });
  ['replaceAll', 'replace'].forEach(function (name) {
    bounded(String.prototype, name, function () { return this.length; });
  });

  function range(start, stop, step) {
    if (stop === undefined) { stop = start; start = 0; }
    step = step || 1;
    if (Math.abs((stop - start) / step) > limits.items) {
      throw new Error('range would make more than ' + limits.items + ' items');
    }
    var items = [];
    for (var i = start; step > 0 ? i < stop : i > stop; i += step) { items.push(i); }
    return items;
  }

  var NoFiles = nunjucks.Loader.extend({ getSource: function () { return null; } });

  function environment(options) {
    var variable = options.cookiecutterCompat ? ['{{', '}}'] : ['${{', '}}'];
    var env = new nunjucks.Environment(new NoFiles(), {
      autoescape: false, trimBlocks: !!options.trimBlocks, lstripBlocks: !!options.lstripBlocks,
      tags: { variableStart: variable[0], variableEnd: variable[1] },
    });
    env.addGlobal('range', range);
    if (options.cookiecutterCompat) {
      env.addFilter('jsonify', env.getFilter('dump'));
    }
    Object.keys(hostFilters).forEach(function (name) {
      env.addFilter(name, function () { return hostFilters[name].apply(null, arguments); });
    });
    return env;
  }

  function context(values) { return JSON.parse(values); }

  // The one expression of a text that is nothing else, or null.
  function soleExpression(env, text) {
    if (text.slice(0, 3) !== '${{' || text.slice(-2) !== '}}') { return null; }
    var root = nunjucks.parser.parse(text, [], env.opts);
    if (root.children.length !== 1) { return null; }
    var output = root.children[0];
    if (output.typename !== 'Output' || output.children.length !== 1 || output.children[0].typename === 'TemplateData') { return null; }
    return text.slice(3, -2).replace(/^-/, '').replace(/-$/, '');
  }

  globalThis.renderText = function (text, values, options) {
    return String(environment(JSON.parse(options)).renderString(text, context(values)));
  };

  // A value that JSON has no form for is absent: "".
  globalThis.evaluateText = function (text, values, options) {
    var env = environment(JSON.parse(options));
    var expression = soleExpression(env, text);
    if (expression === null) { return JSON.stringify(env.renderString(text, context(values))); }
    var kept = {};
    env.addFilter('keep_value__', function (value) { kept.value = value; return ''; });
    env.renderString('${{ (' + expression + ') | keep_value__ }}', context(values));
    var json = JSON.stringify(kept.value);
    return json === undefined ? '' : json;
  };

  // Templates reach functions, and through them this: code made from text.
  [Function, (function* () {}).constructor, (async function () {}).constructor].forEach(function (constructor) {
    Object.defineProperty(constructor.prototype, 'constructor', { value: undefined, writable: false, configurable: false });
  });
})();
