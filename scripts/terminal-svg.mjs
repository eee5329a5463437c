#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// terminal-svg.mjs TITLE <OUTPUT >FILE.svg: draws what a program wrote to a terminal, with its colours, as SVG.
// It knows line ends, CR, erasing of a line, cursor up, and the colours; other sequences are ignored.
import { readFileSync } from 'node:fs';

const colours = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea', 90: '#8b949e' };
const cell = { width: 8.4, height: 19 };
// Spaces that no viewer collapses.
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replaceAll(' ', '\u00a0');

// Cells of the screen: a character and its style.
const screen = [[]];
let row = 0;
let column = 0;
let style = '';
const put = (text) => {
  for (const character of text) screen[row][column++] = { character, style };
};
const sgr = (codes) => {
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) style = '';
    else if (code === 1) style += ' font-weight="bold"';
    else if (code === 2) style += ' opacity="0.65"';
    else if (colours[code]) style = style.replace(/ fill="[^"]*"/, '') + ` fill="${colours[code]}"`;
    else if (code === 39) style = style.replace(/ fill="[^"]*"/, '');
  }
};
const input = readFileSync(0, 'utf8');
for (const [, plain, parameters, final, control] of input.matchAll(/([^\x00-\x1f\x7f]+)|\x1b\[([\d;?]*)([A-Za-z])|([\r\n])/g)) {
  if (plain) put(plain);
  else if (final === 'm') sgr(parameters || '0');
  else if (final === 'K') screen[row].length = parameters === '2' ? 0 : Math.min(column, screen[row].length);
  else if (final === 'A') row = Math.max(0, row - Number(parameters || 1));
  else if (control === '\r') column = 0;
  else if (control === '\n') {
    row++;
    screen[row] ??= [];
  }
}
while (screen.length && !screen.at(-1).length) screen.pop();

const width = Math.ceil(Math.max(40, ...screen.map((line) => line.length)) * cell.width + 32);
const height = screen.length * cell.height + 62;
const lines = screen.map((line, i) => {
  const runs = [];
  for (let column = 0; column < line.length; column++) {
    const { character, style } = line[column] ?? { character: ' ', style: '' };
    if (!runs.length || runs.at(-1).style !== style) runs.push({ style, column, text: '' });
    runs.at(-1).text += character;
  }
  const y = (i * cell.height + 60).toFixed(0);
  return runs
    .filter(({ text }) => text.trim())
    .map(({ style, column, text }) =>
      `<text x="${(16 + column * cell.width).toFixed(1)}" y="${y}" textLength="${([...text].length * cell.width).toFixed(1)}"${style}>${escape(text)}</text>`)
    .join('');
});
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(process.argv[2] ?? 'terminal')}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/>
<text x="50%" y="23" text-anchor="middle" fill="#8b949e" font-family="sans-serif" font-size="13">${escape(process.argv[2] ?? '')}</text>
<g fill="#e6edf3" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
${lines.join('\n')}
</g>
</svg>`);
