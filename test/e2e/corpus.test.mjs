// SPDX-License-Identifier: MIT
// blepair explain says the same of a capture and of its text, as each version of btmon prints it and as mails mangle it.
// scripts/corpus prints the texts of test/captures/btmon.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, root } from './lib.mjs';

const folder = join(root, 'test', 'captures', 'btmon');
const names = readdirSync(folder);

// What a text must keep: all but where packets were left out.
function verdict(file, input) {
  const { stdout, stderr, status } = spawnSync(blepair, ['explain', file, '--json'], { encoding: 'utf8', input });
  assert.equal(stderr, '');
  const attempts = stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((event) => event.event === 'explained');
  return {
    status,
    attempts: attempts.map((a) => ({
      outcome: a.outcome,
      by: a.by ?? null,
      frame: a.frame ?? null,
      findings: a.findings.filter((f) => f.id !== 'capture-holes').map((f) => [f.id, f.cause ?? false, f.end ?? null, f.frames]),
    })),
  };
}

const lines = (text, change) => text.split('\n').map(change).join('\n');
const wrapped = (text, columns) =>
  lines(text, (line) => {
    let out = '', at = 0;
    for (const word of line.trimEnd().split(/(?<= )(?=[^ ])/)) {
      if (at > 0 && at + word.trimEnd().length > columns) [out, at] = [`${out.trimEnd()}\n`, 0];
      out += word;
      at += word.length;
    }
    return out;
  });
// btmon 5.86 and later print a value below its name, with a column of characters.
const hexdump = (text) =>
  text.replace(/^( +)(.*?)(?:\[\d+\])?: ((?:[0-9a-f]{16}){1,4})$/gm, (_, indent, label, hex) => {
    const octets = hex.match(/../g);
    const rows = [];
    for (let i = 0; i < octets.length; i += 16) {
      const row = octets.slice(i, i + 16);
      const column = row.map((octet) => Number.parseInt(octet, 16)).map((c) => (c >= 32 && c < 127 ? String.fromCharCode(c) : '.'));
      rows.push(`${indent}${row.join(' ').padEnd(48)} ${column.join('')}`);
    }
    return `${indent}${label}[${octets.length}]:\n${rows.join('\n')}`;
  });
const headers = (text) => text.replace(/^([<>]) ACL Data [RT]X: Handle (\d+) flags/gm, '$1 LE-ACL: Handle $2 [C0:FF:EE:00.. flags');

const mangled = {
  'quoted': (text) => lines(text, (line) => (/^>/.test(line) ? `>${line}` : `> ${line}`)),
  'quoted three times': (text) => lines(text, (line) => `> > > ${line}`),
  'there three times, quoted': (text) => [text, lines(text, (line) => `> ${line}`), lines(text, (line) => `>> ${line}`)].join('\nthey wrote:\n'),
  'without marks and indentation': (text) => lines(text, (line) => line.replace(/^[<> ]+/, '')),
  'wrapped at 72': (text) => wrapped(text, 72),
  'wrapped at 40 and quoted': (text) => lines(wrapped(text, 40), (line) => `> ${line}`),
  'escaped for HTML': (text) => `<pre>\n${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</pre>\n`,
  'in HTML, line by line': (text) => lines(text, (line) => `<span class="line">${line.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</span><br>`),
  'in quoted-printable': (text) => lines(text, (line) => line.replace(/(.{60})(?=.)/g, '$1=\n')),
  'with hexdumps, as of btmon 5.86': (text) => headers(hexdump(text)),
  'with hexdumps, quoted': (text) => lines(headers(hexdump(text)), (line) => `> ${line}`),
  'with the names of older versions': (text) => text.replaceAll('Central', 'Master').replaceAll('Peripheral', 'Slave'),
  'with carriage returns': (text) => text.replaceAll('\n', '\r\n'),
};

for (const capture of names.filter((name) => name.endsWith('.btsnoop'))) {
  const base = capture.replace(/\.btsnoop$/, '');
  const texts = names.filter((name) => name.startsWith(`${base}.`) && name.endsWith('.txt'));
  test(`${base}: the text of btmon gives the same verdict`, () => {
    const want = verdict(join(folder, capture));
    assert.ok(want.attempts.length > 0);
    assert.ok(texts.length >= 8, String(texts));
    for (const text of texts) assert.deepEqual(verdict(join(folder, text)), want, text);
  });
  test(`${base}: however it was mangled`, () => {
    const want = verdict(join(folder, capture));
    for (const version of texts.filter((name) => name.endsWith('-120.txt')))
      for (const [how, change] of Object.entries(mangled))
        assert.deepEqual(verdict('-', change(readFileSync(join(folder, version), 'utf8'))), want, `${version}, ${how}`);
  });
}
