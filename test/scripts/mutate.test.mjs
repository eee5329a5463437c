// SPDX-License-Identifier: MIT
// scripts/mutate.mjs: which mutants a C file has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, mutants } from '../../scripts/mutate.mjs';

// The changed first lines of a function's body, by kind.
function changes(body, kind) {
  const source = `#define LIMIT 5\nstatic const int table[] = {7, 8};\n\nint f(int a, int b)\n{\n${body}\n}\n`;
  return mutants(source).filter((m) => m.kind === kind).map((m) => apply(source, m).changed);
}

for (const [kind, body, expected] of [
  ['compare', 'if (a < b) g();', ['if (a <= b) g();', 'if (a >= b) g();']],
  ['compare', 'g(a == b);', ['g(a != b);']],
  ['logic', 'g(a && b);', ['g(a || b);']],
  ['constant', 'g(a + 1);', ['g(a + 2);', 'g(a + 0);']],
  ['constant', 'g(0x0fU);', ['g(0x10U);', 'g(0xeU);']],
  ['constant', 'char text[16] = {0};', []],
  ['constant', 'char one[4] = {0}, *two, three[LIMIT + 1][2];', []],
  ['constant', 'g(sizeof(table[0]) + 1);', ['g(sizeof(table[0]) + 2);', 'g(sizeof(table[0]) + 0);']],
  ['constant', 'return a ? -1 : b;', ['return a ? -0 : b;']],
  ['constant', 'a = b ? 0 : -1;', ['a = b ? 1 : -1;', 'a = b ? 0 : -0;']],
  ['constant', 'a = -1;', ['a = -2;', 'a = -0;']],
  ['constant', 'text[3] = 0;', ['text[4] = 0;', 'text[2] = 0;', 'text[3] = 1;']],
  ['condition', 'while (a) g();', ['while (!(a)) g();']],
  ['return', 'return a;', ['return 0;', 'return !(a);']],
  ['return', 'return true;', ['return false;']],
  ['return', 'return -1;', ['return 0;']],
  ['call', '(void)g(a);', ['(void)0;']],
  ['call', 'if (a) s->ops->close(b);', ['if (a) (void)0;']],
  ['call', 'a = g(b);', []],
  ['wipe', 'memset(key, 0, 16);', ['(void)0;']],
  ['wipe', 'bytes_wipe(key, 16);', ['(void)0;']],
  ['call', 'bytes_wipe(key, 16);', []],
  ['arguments', 'g(a, b, b);', ['g(b, a, b);']],
  ['call', 'va_end(args);', []],
  ['arguments', 'if (strcmp(a, b) == 0 || !memcmp(a, b, 6)) g();', ['if (strcmp(a, b) == 0 || !memcmp(a, 6, b)) g();']],
  ['arguments', 'if (strcmp(a, b)) g();', []],
  ['arguments', 'g(bytes_equal(a, b), calloc(a, b));', ['g(calloc(a, b), bytes_equal(a, b));']],
  ['arguments', 'return strcmp(a, b);', ['return strcmp(b, a);']],
  ['arguments', 'return strcmp(a, b) < 0;', ['return strcmp(b, a) < 0;']],
  ['arguments', 'printf("%" PRIu64 " %.*f %s", a, 3, b, c);', ['printf(a, "%" PRIu64 " %.*f %s", 3, b, c);', 'printf("%" PRIu64 " %.*f %s", 3, a, b, c);', 'printf("%" PRIu64 " %.*f %s", a, b, 3, c);']],
  ['compare', '/* a < b */ g("a < b");', []],
])
  test(`${kind}: ${body}`, () => assert.deepEqual(changes(body, kind), expected));

test('only bodies of functions are changed', () => {
  const source = '#if LIMIT > 5\n#endif\nstatic const int table[] = {1, 2};\nstruct s {\n\tchar text[4];\n};\n';
  assert.deepEqual(mutants(source), []);
});

test('lines keep their numbers when a call of two lines is removed', () => {
  const source = 'void f(void)\n{\n\tg(1,\n\t  2);\n\th();\n}\n';
  const mutant = mutants(source).find((m) => m.kind === 'call');
  const { text, line, old } = apply(source, mutant);
  assert.deepEqual([line, old, text.split('\n').length], [3, 'g(1, 2);', source.split('\n').length]);
});
