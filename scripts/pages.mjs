#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// pages.mjs [PAGE...]: runs the commands of the pages, and compares their output with the page. Without a page: all.
//
// A block "console" has commands after "$ ", continued by a backslash, and their output. "..." alone on a line stands for any
// lines. Space, numbers and keys may differ. All blocks of a page run in one shell, beside virtual controllers and a peer
// that advertises, in a folder that has docs, scripts and test of this tree.
//   <!-- run: COMMAND -->         a command that the page does not show
//   <!-- not run: REASON -->      before a block "sh" or "console": what it needs (hardware, network, root), or which test
//                                 runs it
// A block "sh" or "console" without either is an error.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const blepair = process.env.BLEPAIR ?? join(root, 'build', 'blepair');

// The steps of a page: { line, command, output } with output undefined if it is not compared.
function read(name) {
  const steps = [];
  const errors = [];
  let excused = false;
  let block;
  readFileSync(join(root, name), 'utf8').split('\n').forEach((text, i) => {
    const line = i + 1;
    const hidden = text.match(/^<!-- run: (.*) -->$/);
    const fence = text.match(/^```(\w*)/);
    if (block) {
      if (fence) block = undefined;
      else if (block.excused) return;
      else if (block.open || text.startsWith('$ ')) {
        if (!block.open) steps.push({ line, command: '', output: [] });
        block.open = text.endsWith('\\');
        steps.at(-1).command += `${text.replace(/^\$ /, '')}\n`;
      } else if (steps.at(-1)?.output) steps.at(-1).output.push(text);
    } else if (fence) {
      const commands = ['sh', 'bash', 'console'].includes(fence[1]);
      if (commands && !excused && fence[1] !== 'console' && !text.includes('file='))
        errors.push(`${name}:${line}: neither run nor marked: use "console", or <!-- not run: REASON --> before it`);
      block = { excused: excused || fence[1] !== 'console' };
      excused = false;
    } else if (hidden) steps.push({ line, command: `${hidden[1]}\n` });
    else if (text.trim()) excused = /^<!-- not run: \S.* -->$/.test(text);
  });
  return { steps, errors };
}

// One shell for a page; resolves with the output of a command.
class Shell {
  constructor(folder) {
    this.text = '';
    this.child = spawn('bash', ['--norc'], {
      cwd: folder,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${dirname(blepair)}:${root}/scripts:${process.env.PATH}`, XDG_STATE_HOME: join(folder, 'state'), HOME: folder,
        BLEPAIR_CONTROLLER: `unix:${process.env.BLEPAIR_BTVIRT}/bt-server-le`, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
    });
    this.child.stdin.write('exec 2>&1\n');
    this.child.stdout.on('data', (data) => {
      this.text += data;
      this.look?.();
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  run(command) {
    const mark = `end of command ${Math.random()}`;
    this.text = '';
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('it prints nothing for 120 s')), 120000);
      this.look = () => {
        limit.refresh();
        const at = this.text.indexOf(mark);
        if (at < 0) return;
        clearTimeout(limit);
        resolve(this.text.slice(0, at));
      };
      this.ended.then(() => reject(new Error(`the shell ended: ${this.text}`)));
      this.child.stdin.write(`{ ${command}} </dev/null\nprintf '%s' '${mark}'\n`);
    });
  }

  end() {
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {}
  }
}

const plain = (text) =>
  text
    .replace(/\b[0-9a-f]{16,}\b/g, 'HEX')
    .replace(/\d+(\.\d+)?/g, '0')
    .split(/\s+/)
    .filter(Boolean)
    .join(' ');

// "..." stands for any lines.
function agrees(page, output) {
  const words = page.map((line) => (line.trim() === '...' ? '\0' : line)).join('\n');
  const pattern = plain(words.replaceAll('\0', ' \0 '))
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/ ?\0 ?/g, '.*');
  return new RegExp(`^${pattern}$`, 's').test(plain(output));
}

async function main() {
  const names = process.argv.slice(2);
  const pages = names.length ? names.map((name) => relative(root, join(process.cwd(), name)))
    : execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n').filter((name) => !name.startsWith('test/'));
  let failed = 0;
  let count = 0;
  for (const name of pages) {
    const { steps, errors } = read(name);
    errors.forEach((error) => console.log(error));
    failed += errors.length;
    if (!steps.length) continue;
    const folder = mkdtempSync(join(tmpdir(), 'page-'));
    for (const part of ['docs', 'scripts', 'test', 'cli']) symlinkSync(join(root, part), join(folder, part));
    const shell = new Shell(folder);
    try {
      for (const { line, command, output } of steps) {
        const got = await shell.run(command);
        count += output !== undefined;
        if (output === undefined || agrees(output, got)) continue;
        failed++;
        console.log(`${name}:${line}: the output differs from the page:\n${got}`);
      }
    } catch (error) {
      failed++;
      console.log(`${name}: ${error.message}`);
    }
    shell.end();
    await shell.ended;
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${count} commands of pages were run`);
  process.exit(failed ? 1 : 0);
}

if (!process.env.BLEPAIR_BTVIRT) {
  const child = spawn(join(root, 'scripts/with-btvirt'), [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('close', (code) => process.exit(code ?? 1));
} else {
  await main();
}
