// SPDX-License-Identifier: MIT
// node test/field/make.mjs FOLDER: makes the captures of this folder that no person sent. Their values are fixed, so each run makes the same files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sniffer } from './air.mjs';
import { captures as ofHosts } from './hosts.mjs';
import { cat, hex, le, reversed } from './octets.mjs';
import { CENTRAL, PERIPHERAL, ZERO, aes, secureConnections } from './smp.mjs';

const encReq = (rand, ediv) => cat(hex('03'), hex(rand), le(ediv, 2), Buffer.alloc(12, 0x11));
const ENC_RSP = cat(hex('04'), Buffer.alloc(12, 0x22)), START_ENC_REQ = hex('05'), START_ENC_RSP = hex('06');

function begin() {
  const s = sniffer();
  s.advertise(cat(hex('00'), reversed(PERIPHERAL), hex('020106')));
  s.connect(0x9a328370, CENTRAL, PERIPHERAL);
  s.control('central', hex('08ff00000000000000'));
  s.control('peripheral', hex('091d00000000000000'));
  return s;
}

// A test tool: the nonce of the central is zero.
const NONCES = { na: ZERO, nb: hex('0f0e1d2c3b4a59687786a5b4c3d2e1f0') };

const captures = {
  ...ofHosts,
  // The central leaves out its DHKey Check, and the peripheral starts encryption all the same.
  'encryption-before-dhkey-check.pcap'(path) {
    const s = begin();
    secureConnections(s, hex('01010009100707'), hex('0200000d100606'), NONCES);
    s.control('central', encReq('0000000000000000', 0));
    s.control('peripheral', ENC_RSP);
    s.control('peripheral', START_ENC_REQ);
    s.control('peripheral', hex('a1b2c3d4e5'));
    s.write(path);
  },
  // The central encrypts 26 ms after the Pairing Response, with a key of zero; the sniffer misses its empty PDU between.
  'encryption-before-phase-2.pcap'(path) {
    const s = begin();
    s.smp('peripheral', hex('0b09'));
    s.smp('central', hex('01040009100707'));
    s.smp('peripheral', hex('02030009100202'));
    s.missed('central');
    s.send('peripheral', 1, Buffer.alloc(0), 20000);
    s.control('central', encReq('0000000000000000', 0), 6000);
    s.control('peripheral', ENC_RSP);
    s.control('peripheral', START_ENC_REQ);
    s.control('central', START_ENC_RSP);
    s.control('peripheral', START_ENC_RSP);
    s.control('central', hex('0213'), 1000000);
    s.write(path);
  },
  // The peripheral refuses an EDIV and a Rand that are not zero, and accepts zero.
  'identifier-refused-then-zero.pcap'(path) {
    const s = begin();
    const { checkA, checkB } = secureConnections(s, hex('01030009100000'), hex('02030009100000'), NONCES);
    s.smp('central', cat(hex('0d'), reversed(checkA)));
    s.smp('peripheral', cat(hex('0d'), reversed(checkB)));
    for (const ediv of [0x4e, 0]) {
      s.control('central', encReq('0000000000000000', ediv));
      s.control('peripheral', ENC_RSP);
      s.control('peripheral', ediv ? hex('0d06') : START_ENC_REQ);
    }
    s.control('central', START_ENC_RSP);
    s.control('peripheral', START_ENC_RSP);
    s.write(path);
  },
  // Legacy pairing with a key of 253 octets, and encryption before any confirm value. Then the peripheral is gone.
  'key-size-253.pcap'(path) {
    const s = begin();
    s.smp('peripheral', hex('0b09'));
    s.smp('central', hex('01040005fd0707'));
    s.smp('peripheral', hex('02030009100202'));
    s.control('central', encReq('0000000000000000', 0));
    s.control('peripheral', ENC_RSP);
    s.write(path);
  },
  // All goes well, but EDIV and Rand are not zero. What follows is plain, as the tool that encrypts it writes it.
  'secure-connections-ediv.pcap'(path) {
    const s = begin();
    const { checkA, checkB } = secureConnections(s, hex('01030009100203'), hex('02030009100203'), NONCES);
    s.smp('central', cat(hex('0d'), reversed(checkA)));
    s.smp('peripheral', cat(hex('0d'), reversed(checkB)));
    s.control('central', encReq('ff00000000000000', 0x40));
    s.control('peripheral', ENC_RSP);
    s.control('peripheral', START_ENC_REQ);
    s.control('central', START_ENC_RSP);
    s.control('peripheral', START_ENC_RSP);
    for (const [who, seed, from] of [['peripheral', 0x5a, PERIPHERAL], ['central', 0xc3, CENTRAL]]) {
      s.smp(who, cat(hex('08'), aes(Buffer.alloc(16, seed), ZERO)));
      s.smp(who, cat(hex('0900'), reversed(from)));
    }
    s.control('central', hex('0213'));
    s.advertise(cat(hex('00'), reversed(PERIPHERAL), hex('020106')));
    s.connect(0x9a328371, CENTRAL, PERIPHERAL);
    s.control('central', hex('08ff00000000000000'));
    s.write(path);
  },
  // A peripheral that leaves after the link layer's exchange of features, and one that has answered LL_UNKNOWN_RSP.
  'left-after-features.pcap'(path) {
    const s = begin();
    s.smp('central', hex('01030009100000'));
    s.control('central', hex('0800000000000000ff'));
    s.control('peripheral', hex('0900000000000000ff'));
    s.control('peripheral', hex('0213'));
    s.write(path);
  },
  'left-after-unknown.pcap'(path) {
    const s = begin();
    s.smp('central', hex('01030009100000'));
    s.control('central', hex('140800ff0008ff0008'));
    s.control('peripheral', hex('0714'));
    s.control('peripheral', hex('0213'));
    s.write(path);
  },
  // usbmon, beside a keyboard: bring-up of a controller whose third event has one octet that no length covers.
  'usb-octet-too-many.pcap'(path) {
    const records = [hex('d4c3b2a1020004000000000000000000ffff0000dc000000')];
    let us = 1600000000000000;
    const put = (type, kind, endpoint, device, setup, data) => {
      us += 1000;
      const header = cat(Buffer.alloc(8, 7), Buffer.from([type.charCodeAt(0), kind, endpoint, device]), hex('0300'),
        Buffer.from([setup ? 0 : 0x2d, data ? 0 : 0x3c]), Buffer.alloc(16), le(data?.length ?? 0, 4), le(data?.length ?? 0, 4),
        setup ?? Buffer.alloc(8), Buffer.alloc(16), data ?? Buffer.alloc(0));
      records.push(le(Math.floor(us / 1e6), 4), le(us % 1e6, 4), le(header.length, 4), le(header.length, 4), header);
    };
    const command = (octets) => {
      put('S', 2, 0, 4, cat(hex('200000000000'), le(octets.length, 2)), octets);
      put('C', 2, 0x80, 4, null, null);
    };
    const event = (octets) => {
      for (let at = 0; at < octets.length; at += 64) put('C', 1, 0x81, 4, null, octets.subarray(at, at + 64));
      put('S', 1, 0x81, 4, null, null);
    };
    put('C', 1, 0x81, 2, null, hex('0000040000000000'));
    command(hex('030c00'));
    event(hex('0e0401030c00'));
    command(hex('011000'));
    event(hex('0e0c010110000c00000c5d000000'));
    command(hex('04100101'));
    event(hex('0e0e010410000101ffffffffffffffff00'));
    command(hex('051000'));
    event(hex('0e0b01051000fd034008000000'));
    command(hex('021000'));
    event(cat(hex('0e4401021000'), Buffer.alloc(64, 0xff)));
    writeFileSync(path, Buffer.concat(records));
  },
};

export const made = Object.keys(captures);
export function make(folder) {
  for (const [name, write] of Object.entries(captures)) write(join(folder, name));
}
if (process.argv[1] === fileURLToPath(import.meta.url)) make(process.argv[2]);
