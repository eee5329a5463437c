// SPDX-License-Identifier: MIT
// The part "explain" of scripts/bench: blepair explain and tshark read one large capture; the filter of
// tshark selects the same packets.
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const HEADER = 16; // of a btsnoop file, and RECORD of each packet in it
const RECORD = 24;

function record(packet, received) {
  const octets = Buffer.alloc(RECORD + packet.length);
  octets.writeUInt32BE(packet.length, 0);
  octets.writeUInt32BE(packet.length, 4);
  octets.writeUInt32BE(received ? 1 : 0, 8);
  packet.copy(octets, RECORD);
  return octets;
}

// An ATT notification of len octets.
function notification(handle, len) {
  const packet = Buffer.alloc(12 + len, 0x5a);
  packet[0] = 2;
  packet.writeUInt16LE(handle | 0x2000, 1);
  packet.writeUInt16LE(len + 7, 3);
  packet.writeUInt16LE(len + 3, 5);
  packet.writeUInt16LE(4, 7);
  packet[9] = 0x1b;
  packet.writeUInt16LE(0x0010, 10);
  return record(packet, true);
}

// Writes a capture of size octets: one pairing per MB, and notifications between them, half of the
// octets in PDUs of the maximum size and half in small ones.
export function makeCapture(path, session, size) {
  const small = notification(0x2a, 20);
  const large = notification(0x2a, 244);
  const block = [session.subarray(HEADER)];
  for (let len = session.length; len < 1e6; len += 13 * small.length + 3 * large.length)
    block.push(...Array(13).fill(small), ...Array(3).fill(large));
  const octets = Buffer.concat(block);
  const file = openSync(path, 'w');
  let time = session.readBigUInt64BE(HEADER + 16);
  let packets = 0;
  let written = writeSync(file, session.subarray(0, HEADER));
  for (; written < size; written += writeSync(file, octets))
    for (let at = 0; at < octets.length; at += RECORD + octets.readUInt32BE(at + 4), packets++) octets.writeBigUInt64BE((time += 500n), at + 16);
  closeSync(file);
  return packets;
}

export async function explain({ root, folder, blepair, measure, goal, smoke }) {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
  } catch {
    console.log('SKIPPED: explain: tshark is not installed; run apt-get install tshark');
    return;
  }
  const session = readFileSync(join(root, 'test', 'captures', 'own_sc_just_works.btsnoop'));
  const capture = join(folder, 'large.btsnoop');
  const tenth = join(folder, 'tenth.btsnoop');
  const size = smoke ? 4e6 : 500e6;
  makeCapture(tenth, session, size / 10);
  const packets = makeCapture(capture, session, size);
  const ours = [];
  for (let i = 0; i < (smoke ? 1 : 3); i++) ours.push(await measure([blepair, 'explain', capture]));
  const best = ours.sort((a, b) => a.wall - b.wall)[ours.length >> 1];
  const less = await measure([blepair, 'explain', tenth]);
  const theirs = await measure(['tshark', '-n', '-r', capture, '-Y', 'btsmp']);
  console.log(`a btsnoop capture of ${(statSync(capture).size / 1e6).toFixed(0)} MB, ${packets} packets, a pairing a MB, whole process`);
  console.log(`${''.padEnd(28)} ${'wall, s'.padStart(10)} ${'CPU, s'.padStart(10)} ${'peak memory, MiB'.padStart(18)}`);
  for (const [label, row] of [['A: blepair explain', best], ['   of a tenth of it', less], ['B: tshark -n -Y btsmp', theirs]])
    console.log(`${label.padEnd(28)} ${(row.wall / 1000).toFixed(2).padStart(10)} ${(row.cpu / 1000).toFixed(2).padStart(10)} ${row.peak.toFixed(1).padStart(18)}`);
  console.log(`B / A: ${(theirs.wall / best.wall).toFixed(1)} in wall time`);
  goal('wall, a 20th of tshark,', best.wall / 1000, theirs.wall / 20000, 's');
  goal('memory, over that for a tenth of the capture,', best.peak - less.peak, 1, 'MiB');
}
