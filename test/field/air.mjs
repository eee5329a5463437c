// SPDX-License-Identifier: MIT
// A capture with the header of nRF Sniffer, as a test tool writes it: packet id 0, no channel, signal or counter.
import { writeFileSync } from 'node:fs';
import { cat, hex, le, reversed } from './octets.mjs';

export function sniffer() {
  const records = [hex('d4c3b2a1020004000000000000000000ffff000010010000')];
  let us = 1600000000000000;
  const ends = { central: { sn: 0, nesn: 0, flags: 3 }, peripheral: { sn: 0, nesn: 0, flags: 1 } };
  const put = (flags, address, pdu, later) => {
    us += later;
    const air = cat(le(address, 4), pdu, hex('123456'));
    const data = cat(hex('4b'), le(10 + air.length, 2), hex('02000000'), Buffer.from([10, flags]), Buffer.alloc(8), air);
    records.push(le(Math.floor(us / 1e6), 4), le(us % 1e6, 4), le(data.length, 4), le(data.length, 4), data);
  };
  const self = {
    frames: () => (records.length - 1) / 5,
    advertise: (pdu, later = 10000) => put((pdu[0] & 15) % 2 ? 3 : 1, 0x8e89bed6, cat(Buffer.from([pdu[0], pdu.length - 1]), pdu.subarray(1)), later),
    connect(address, central, peripheral) {
      self.address = address;
      for (const end of Object.values(ends)) end.sn = end.nesn = 0;
      self.advertise(cat(hex('05'), reversed(central), reversed(peripheral), le(address, 4), hex('555555020100100000006400ffffffff1f05')));
    },
    send(who, llid, payload, later = 20000) {
      const end = ends[who], other = ends[who === 'central' ? 'peripheral' : 'central'];
      put(end.flags, self.address, cat(Buffer.from([llid | end.nesn << 2 | end.sn << 3, payload.length]), payload), later);
      end.sn ^= 1;
      other.nesn ^= 1;
    },
    // A PDU that the sniffer does not hear.
    missed(who) {
      ends[who].sn ^= 1;
      ends[who === 'central' ? 'peripheral' : 'central'].nesn ^= 1;
    },
    control: (who, octets, later) => self.send(who, 3, Buffer.from(octets), later),
    // One L2CAP frame, in link-layer PDUs of up to most octets.
    smp(who, octets, most = 251) {
      const frame = cat(le(octets.length, 2), hex('0600'), octets);
      for (let at = 0; at < frame.length; at += most) self.send(who, at ? 1 : 2, frame.subarray(at, at + most));
    },
    write: (path) => writeFileSync(path, Buffer.concat(records)),
  };
  return self;
}
