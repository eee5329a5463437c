// SPDX-License-Identifier: MIT
// The completions, in bash, zsh and fish: what a user gets after the TAB key.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { WORDS } from '../../scripts/completions.mjs';
import { blepair } from './lib.mjs';

const completions = join(dirname(fileURLToPath(import.meta.url)), '../../cli/completions');
const ADDRESS = 'C4:7C:8D:11:22:33';

// What each shell prints for a line: one candidate a line, whole words.
const shells = {
  bash: (line) => ['bash', '--norc', '-c', `source ${completions}/blepair.bash
    COMP_WORDBREAKS=$' \\t\\n"\\'><;|&(' COMP_LINE=$1 COMP_POINT=\${#1}
    _blepair 2>/dev/null
    printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', line],
  // A terminal is needed: zsh completes in its editor only. What compadd is given is printed.
  zsh: (line) => ['zsh', '-f', '-c', `zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1= PS2= ; stty -echo; fpath=(${completions} \\$fpath); autoload -U compinit; compinit -u -D"
    zpty -w shell 'compadd() { local -a __words; builtin compadd -O __words "$@"; print -l -- "<"$^__words">"; builtin compadd "$@" }'
    zpty -w shell 'zstyle ":completion:*" list-separator ""; bindkey "^I" complete-word; print REA""DY'
    zpty -r shell out '*READY*'
    zpty -n -w shell "$1"$'\\t'
    zpty -n -w shell $'\\C-U'"print 'DO''NE'"$'\\n'
    zpty -r shell out '*DONE*'
    print -r -- "$out"`, 'zsh', line],
  fish: (line) => ['fish', '--no-config', '-c', `source ${completions}/blepair.fish; complete -C $argv[1]`, '--', line],
};
const parse = {
  bash: (text) => text.split('\n').filter(Boolean),
  zsh: (text) => [...text.matchAll(/<([^<>\r\n]+)>/g)].map((m) => m[1]),
  fish: (text) => text.split('\n').filter(Boolean).map((line) => line.split('\t')[0]),
};

for (const [shell, command] of Object.entries(shells)) {
  test(`${shell} completes commands, options, values, bonds and files`, (t) => {
    if (spawnSync(shell, ['--version']).error) return t.skip(`${shell} is not installed`);
    const folder = mkdtempSync(join(tmpdir(), 'blepair-completions-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(blepair, join(folder, 'bin', 'blepair'));
    writeFileSync(join(folder, 'capture.btsnoop'), '');
    const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, HOME: folder, XDG_STATE_HOME: join(folder, 'state'), TERM: 'dumb' };
    delete env.BASH_ENV;
    // A bond of another stack, as bluetoothd keeps it.
    const bond = join(folder, 'bluetooth', '00:AA:01:00:00:42', ADDRESS);
    mkdirSync(bond, { recursive: true });
    writeFileSync(join(bond, 'info'), `[General]\nAddressType=static\n\n[LongTermKey]\nKey=${'1A'.repeat(16)}\nAuthenticated=2\nEncSize=16\nEDiv=0\nRand=0\n`);
    const run = spawnSync(blepair, ['bonds', 'import', join(folder, 'bluetooth')], { env, encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    const attempt = { time: '2026-11-25T10:17:50.406Z', label: 'SN-0001', peer: ADDRESS, result: 'paired' };
    writeFileSync(join(folder, 'attempt.json'), JSON.stringify({ version: 2, bonds: [], attempts: [attempt] }));
    assert.equal(spawnSync(blepair, ['bonds', 'import', join(folder, 'attempt.json')], { env }).status, 0);
    rmSync(join(folder, 'attempt.json'));
    const complete = (line) => {
      const [program, ...args] = command(line);
      const run = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8', timeout: 60000 });
      return parse[shell](run.stdout);
    };
    const has = (line, ...words) => {
      const got = complete(line);
      for (const word of words) assert.ok(got.includes(word), `"${line}" lacks ${word}: ${JSON.stringify(got)}`);
      return got;
    };
    const only = (line, ...words) => assert.deepEqual(has(line, ...words).sort(), words.sort(), line);

    has('blepair ', 'pair', 'batch', 'help', ADDRESS);
    only('blepair pair C4', ADDRESS);
    only('blepair bonds show ', ADDRESS, 'SN-0001');
    only('blepair verify SN', 'SN-0001');
    assert.deepEqual(complete('blepair SN'), []); // without the word pair it would be no command
    only('blepair ba', 'batch');
    only('blepair --io k', 'keyboard', 'keyboard-display');
    has('blepair scan --d', '--duration');
    assert.deepEqual(complete('blepair scan --hook'), []);
    has('blepair batch --ho', '--hook', '--hook-timeout');
    only('blepair bonds ', 'list', 'show', 'export', 'import', 'remove', 'prune', 'restore');
    has('blepair help ex', 'explain');
    has('blepair explain cap', 'capture.btsnoop');
    has('blepair --controller ', 'all', 'usb:');
  });
}

test('bash completes what follows a colon or an equals sign, which end its words', (t) => {
  if (spawnSync('bash', ['--version']).error) return t.skip('bash is not installed');
  const complete = (line) => spawnSync('bash', ['--norc', '-c', `source ${completions}/blepair.bash
    blepair() { echo '${ADDRESS} random: Secure Connections'; }
    COMP_LINE=$1 COMP_POINT=\${#1}
    COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
    _blepair 2>/dev/null
    printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', line], { encoding: 'utf8' }).stdout;
  assert.equal(complete('blepair pair C4:7'), `${ADDRESS.slice(3)}\n`);
  assert.equal(complete('blepair --sc=o'), 'only\noff\n');
});

test('every value that is completed is accepted', () => {
  const help = spawnSync(blepair, ['--help', 'all'], { encoding: 'utf8' }).stdout;
  const command = { format: ['bonds', 'export'], match: ['batch'], sort: ['scan'], protected: ['listen'] };
  for (const [option, words] of Object.entries(WORDS)) {
    assert.match(help, new RegExp(`--${option} `));
    for (const word of words.split(' ').filter((each) => !/[:=]$/.test(each))) {
      const args = [...(command[option] ?? ['pair', ADDRESS]), `--${option}`, word, '--no-such-option'];
      // What is wrong with the line is only its last word.
      assert.match(spawnSync(blepair, args, { encoding: 'utf8' }).stderr, /unknown option "--no-such-option"/, `${option} ${word}`);
    }
  }
});
