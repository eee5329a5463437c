/* SPDX-License-Identifier: MIT */
/*
 * The filter accept list of a batch: when every unit that is not done has an address, and all fit,
 * controllers need not report the devices around them (Core Vol 6 Part B 4.3.3).
 */
#pragma once

#include "batch/job.h"

/* Fills devices, which has room for that many. Returns how many; 0: report all devices. */
size_t batch_accept(struct batch_job *job, struct hci_accepted *devices, size_t room);
