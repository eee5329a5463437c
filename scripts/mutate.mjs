// SPDX-License-Identifier: MIT
// All random mutants that a C file can have, for scripts/random-mutants.mjs. Only bodies of functions are changed.

const keywords = new Set(('auto break case char const continue default do double else enum extern float for goto if inline int long ' +
  'register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Static_assert').split(' '));
const wipes = /wipe|zero|clear|forget|explicit_bzero/i;
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

// The mutants of a file: { kind, edits: [{ at, end, text }] }, in the order of the file.
export function mutants(source) {
  const list = tokens(source);
  const found = [];
  const add = (kind, ...edits) => found.push({ kind, edits });
  const replace = (from, to, text) => ({ at: list[from].at, end: list[to].end, text });
  const between = (from, to) => source.slice(list[from].at, list[to].end);

  for (const [begin, end] of bodies(list)) {
    let declaration = false; // of the statement at hand, as far as its "="
    for (let i = begin + 1; i < end; i++) {
      const { text, kind } = list[i];
      const before = list[i - 1].text;
      if (';{}'.includes(before)) declaration = /^(const|static|struct|enum|unsigned|char)$/.test(text) || (kind === 'name' && !keywords.has(text) && (list[i + 1].kind === 'name' || list[i + 1].text === '*'));
      if (text === '=') declaration = false;

      if (compare[text] && !(text === '<' && before === 'include')) for (const other of compare[text]) add('compare', replace(i, i, other));
      if (text === '&&') add('logic', replace(i, i, '||'));
      if (text === '||') add('logic', replace(i, i, '&&'));

      if (kind === 'number' && /^(0[xX][0-9a-fA-F]+|\d+)[uUlL]*$/.test(text)) {
        const size = declaration && before === '[';
        const empty = before === '{' && list[i + 1].text === '}';
        if (!size && !empty && before !== 'return') {
          const [, digits, suffix] = text.match(/^(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$/);
          const number = BigInt(/^0\d/.test(digits) ? `0o${digits}` : digits);
          const write = (n) => (digits.startsWith('0x') ? `0x${n.toString(16)}` : n) + suffix;
          add('constant', replace(i, i, write(number + 1n)));
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
        if (list[to + 1].text === ';' && (';{}:'.includes(previous) || previous === 'else' || previous === ')')) {
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
        for (let a = 0; a + 1 < args.length; a++) {
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
