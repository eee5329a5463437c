// SPDX-License-Identifier: MIT
// All random mutants that a C file can have, for scripts/random-mutants.mjs. Only bodies of functions are changed.

const keywords = new Set(('auto break case char const continue default do double else enum extern float for goto if inline int long ' +
  'register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Static_assert').split(' '));
const wipes = /wipe|zero|clear|forget|explicit_bzero/i;
// Functions whose first two arguments may be swapped: always, or when only zero or not matters.
const symmetric = new Set(['bytes_equal', 'address_equal', 'address_same_octets', 'crypto_address_equal', 'calloc']);
const comparison = new Set(['strcmp', 'strncmp', 'strcasecmp', 'strncasecmp', 'memcmp']);
const compare = { '==': ['!='], '!=': ['=='], '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'] };

const tokenPattern = new RegExp([
  /(?<space>\s+|\/\*[^]*?\*\/|\/\/[^\n]*)/,
  /(?<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')/,
  /(?<number>\.?\d(?:[eEpP][+-]|[\w.])*)/,
  /(?<name>[A-Za-z_]\w*)/,
  /(?<mark>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|[^\s])/,
].map((r) => r.source).join('|'), 'gy');

// Tokens with their position, without preprocessor lines and comments.
export function tokens(source) {
  const text = source.replace(/^[ \t]*#(?:\\\n|[^\n])*/gm, (line) => line.replace(/[^\n]/g, ' '));
  return [...text.matchAll(tokenPattern)].filter((m) => m.groups.space === undefined).map((m) => ({
    at: m.index, end: m.index + m[0].length, text: m[0],
    kind: Object.keys(m.groups).find((kind) => m.groups[kind] !== undefined),
  }));
}

// Index of the token that closes the bracket at token i.
function close(list, i) {
  let depth = 0;
  for (; i < list.length; i++) {
    if ('([{'.includes(list[i].text)) depth++;
    else if (')]}'.includes(list[i].text) && --depth === 0) return i;
  }
  return list.length;
}

// The body of each function: the indexes of its braces.
function bodies(list) {
  const found = [];
  for (let i = 0; i < list.length; i++) {
    if (list[i].text !== '{') continue;
    const end = close(list, i);
    if (list[i - 1]?.text === ')') found.push([i, end]);
    i = end;
  }
  return found;
}

// The tokens of array sizes in the declaration that begins at token i; of a subscript in sizeof or __typeof__.
function sizes(list, i) {
  const found = new Set();
  let initializer = false;
  for (; list[i] && ![';', ')', '}'].includes(list[i].text); i++) {
    const { text } = list[i];
    if (text === '=') initializer = true;
    else if (text === ',') initializer = false;
    else if ('([{'.includes(text)) {
      const end = close(list, i);
      if (text === '[' && !initializer) for (let at = i; at < end; at++) found.add(at);
      i = end;
    }
  }
  return found;
}
function unevaluated(list, i) {
  const found = new Set();
  for (const end = close(list, i); i < end; i++) {
    if (list[i].text !== '[' || keywords.has(list[i - 1].text) || list[i - 1].text.endsWith('_t')) continue;
    for (const to = close(list, i); i < to; i++) found.add(i);
  }
  return found;
}

// Whether the call at tokens i to end is only asked for zero or not.
function isTruth(list, i, end) {
  const before = list[i - 1].text, after = list[end + 1].text;
  if (['==', '!='].includes(after) && list[end + 2].text === '0' && !/^[-+*/%]$/.test(before)) return true;
  return ['!', '&&', '||'].includes(before) || ['&&', '||', '?'].includes(after) || (before === '(' && after === ')' && ['if', 'while'].includes(list[i - 2].text));
}

// The conversions of a printf-like call, by argument, when its format is a literal; else none.
function conversions(list, args) {
  const at = args.findIndex(([from]) => list[from].kind === 'text' && list[from].text.startsWith('"'));
  const found = new Map();
  if (at < 0) return found;
  let format = '';
  for (let i = args[at][0]; i <= args[at][1]; i++) {
    if (list[i].kind === 'text') format += list[i].text.slice(1, -1);
    else if (/^PRI[a-zA-Z]\w+$/.test(list[i].text)) format += 'd';
    else return found;
  }
  let next = at + 1;
  for (const [, flags, conversion] of format.matchAll(/%([-+ #0-9.*]*(?:hh|h|ll|l|z|j|t|L)?)([a-zA-Z%])/g)) {
    if (conversion === '%') continue;
    next += flags.split('*').length - 1;
    found.set(next++, conversion);
  }
  return found;
}

// The mutants of a file: { kind, edits: [{ at, end, text }] }, in the order of the file.
export function mutants(source) {
  const list = tokens(source);
  const found = [];
  const add = (kind, ...edits) => found.push({ kind, edits });
  const replace = (from, to, text) => ({ at: list[from].at, end: list[to].end, text });
  const between = (from, to) => source.slice(list[from].at, list[to].end);

  for (const [begin, end] of bodies(list)) {
    let size = new Set(); // tokens whose constants give the size of an array, or are not evaluated
    let returned = 0; // the end of the value of the return statement at hand
    for (let i = begin + 1; i < end; i++) {
      const { text, kind } = list[i];
      const before = list[i - 1].text;
      const isType = /^(bool|char|const|double|enum|float|int|long|short|signed|static|struct|union|unsigned|volatile)$/.test(text);
      if (';{}('.includes(before) && (isType || (kind === 'name' && !keywords.has(text) && (list[i + 1].kind === 'name' || (list[i + 1].text === '*' && before !== '('))))) size = sizes(list, i);
      if (text === 'sizeof' || text === '__typeof__') size = new Set([...size, ...unevaluated(list, i + 1)]);
      if (text === 'return') for (returned = i; list[returned].text !== ';'; returned++);

      if (compare[text] && !(text === '<' && before === 'include')) for (const other of compare[text]) add('compare', replace(i, i, other));
      if (text === '&&') add('logic', replace(i, i, '||'));
      if (text === '||') add('logic', replace(i, i, '&&'));

      if (kind === 'number' && /^(0[xX][0-9a-fA-F]+|\d+)[uUlL]*$/.test(text)) {
        const status = before === '-' && text === '1' && ((i < returned && /^(return|\?|:)$/.test(list[i - 2].text)) ||
          (list[i - 2].text === '?' && list[i + 1].text === ':' && list[i + 2].text === '0') || (list[i - 2].text === ':' && list[i - 3].text === '0'));
        const empty = before === '{' && list[i + 1].text === '}';
        if (!size.has(i) && !empty && before !== 'return') {
          const [, digits, suffix] = text.match(/^(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$/);
          const number = BigInt(/^0\d/.test(digits) ? `0o${digits}` : digits);
          const write = (n) => (digits.startsWith('0x') ? `0x${n.toString(16)}` : n) + suffix;
          if (!status) add('constant', replace(i, i, write(number + 1n))); // -1 is an error as -2 is
          if (number > 0n) add('constant', replace(i, i, write(number - 1n)));
        }
      }

      if ((text === 'if' || text === 'while') && list[i + 1].text === '(') {
        const to = close(list, i + 1);
        add('condition', { at: list[i + 1].end, end: list[i + 1].end, text: '!(' }, { at: list[to].at, end: list[to].at, text: ')' });
      }

      if (text === 'return' && list[i + 1].text !== ';') {
        let to = i + 1;
        while (list[to + 1].text !== ';') to = '([{'.includes(list[to + 1].text) ? close(list, to + 1) : to + 1;
        const value = between(i + 1, to);
        if (value === 'true' || value === 'false') add('return', replace(i + 1, to, value === 'true' ? 'false' : 'true'));
        else if (/^-?\d+$/.test(value)) add('return', replace(i + 1, to, value === '0' ? '1' : '0'));
        else if (value !== 'NULL') {
          add('return', replace(i + 1, to, '0'));
          add('return', replace(i + 1, to, `!(${value})`));
        }
      }

      if (kind === 'name' && !keywords.has(text) && list[i + 1].text === '(') {
        const to = close(list, i + 1);
        // A call that is a statement.
        let first = i;
        while (['->', '.'].includes(list[first - 1].text) && list[first - 2].kind === 'name') first -= 2;
        let start = first;
        if (list[start - 1].text === ')' && list[start - 2].text === 'void' && list[start - 3].text === '(') start -= 3;
        const previous = list[start - 1].text;
        if (text !== 'va_end' && list[to + 1].text === ';' && (';{}:'.includes(previous) || previous === 'else' || previous === ')')) {
          const wipe = wipes.test(text) || (text === 'memset' && /, 0, /.test(between(i, to)));
          add(wipe ? 'wipe' : 'call', replace(start, to, '(void)0'));
        }
        // Swapped adjacent arguments.
        const args = [];
        for (let from = i + 2, at = from; at <= to; at++) {
          if (at < to && '([{'.includes(list[at].text)) at = close(list, at);
          else if (at === to || list[at].text === ',') {
            if (at > from) args.push([from, at - 1]);
            from = at + 1;
          }
        }
        const converted = conversions(list, args);
        const isFloating = (a) => /^[aefgAEFG]$/.test(converted.get(a) ?? '');
        for (let a = 0; a + 1 < args.length; a++) {
          if (a === 0 && (symmetric.has(text) || (comparison.has(text) && isTruth(list, i, to)))) continue;
          if (converted.has(a) && converted.has(a + 1) && isFloating(a) !== isFloating(a + 1)) continue; // other registers
          const [one, other] = [between(...args[a]), between(...args[a + 1])];
          if (one !== other) add('arguments', replace(...args[a], other), replace(...args[a + 1], one));
        }
      }
    }
  }
  return found;
}

export const kinds = ['compare', 'logic', 'constant', 'condition', 'return', 'call', 'wipe', 'arguments'];

// The text with a mutant applied, its line number, and the changed lines with single blanks.
export function apply(source, mutant) {
  const edits = [...mutant.edits].sort((a, b) => a.at - b.at);
  let text = '', at = 0;
  for (const edit of edits) {
    const lost = source.slice(edit.at, edit.end).split('\n').length - edit.text.split('\n').length;
    text += source.slice(at, edit.at) + edit.text + '\n'.repeat(Math.max(0, lost)); // lines keep their numbers
    at = edit.end;
  }
  text += source.slice(at);
  const from = source.lastIndexOf('\n', edits[0].at - 1) + 1;
  const to = (i, s) => (s.indexOf('\n', i) < 0 ? s.length : s.indexOf('\n', i));
  const old = source.slice(from, to(edits.at(-1).end, source));
  const changed = text.slice(from, to(edits.at(-1).end + text.length - source.length, text));
  const squeeze = (s) => s.trim().replace(/\s+/g, ' ');
  return { text, line: source.slice(0, edits[0].at).split('\n').length, old: squeeze(old), changed: squeeze(changed) };
}
