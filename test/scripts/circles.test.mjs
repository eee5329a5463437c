// SPDX-License-Identifier: MIT
// scripts/circles.mjs: finds circles of source files by their object files.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const circles = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'circles.mjs');

// Compiles the files as CMake places their object files, and runs the check.
function check(t, files, sources = Object.keys(files)) {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-circles.'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    const source = join(folder, 'one.c');
    const object = join(folder, 'build', dirname(file), 'CMakeFiles', 'name.dir', `${file.split('/').pop()}.o`);
    writeFileSync(source, text);
    mkdirSync(dirname(object), { recursive: true });
    execFileSync('gcc', ['-c', source, '-o', object]);
  }
  const run = spawnSync(circles, [join(folder, 'build'), ...sources], { encoding: 'utf8' });
  return { status: run.status, output: run.stdout + run.stderr };
}

test('arrows one way pass', (t) => {
  const { status, output } = check(t, { 'x/a.c': 'void b(void); void a(void) { b(); }', 'y/b.c': 'void c(void); void b(void) { c(); }', 'y/c.c': 'void c(void) {}' });
  assert.deepEqual([status, output], [0, 'circles: 0 in 3 files\n']);
});

test('a circle over three folders fails, with the symbols that tie it', (t) => {
  const { status, output } = check(t, {
    'x/a.c': 'void b(void); void a(void) { b(); }', 'y/b.c': 'extern int c; void b(void) { c = 1; }', 'z/c.c': 'void a(void); int c; void d(void) { a(); }',
    'z/other.c': 'void a(void); void other(void) { a(); }',
  });
  assert.equal(status, 1);
  assert.equal(output, 'circle: x/a.c y/b.c z/c.c\n  x/a.c needs y/b.c: b\n  y/b.c needs z/c.c: c\n  z/c.c needs x/a.c: a\ncircles: 1 in 4 files\n');
});

test('static functions of the same name are no tie', (t) => {
  assert.equal(check(t, { 'x/a.c': 'static void f(void) {} void b(void); void a(void) { f(); b(); }', 'x/b.c': 'static void f(void) {} void b(void) { f(); }' }).status, 0);
});

test('a source file without an object file fails', (t) => {
  const { status, output } = check(t, { 'x/a.c': 'void a(void) {}' }, ['x/a.c', 'x/new.c']);
  assert.equal(status, 1);
  assert.match(output, /no object file of x\/new\.c/);
});

test('nothing built fails', () => {
  const run = spawnSync(circles, ['/nonexistent', 'x/a.c'], { encoding: 'utf8' });
  assert.equal(run.status, 1);
  assert.match(run.stdout, /nothing is built in \/nonexistent/);
});
