/* What a disk holds besides its rows, for snapshots of the machine: which image it is, and what has
 * been written and stays in memory (snapshot=on). */
#ifndef HEXTANT_DEVICES_BLK_MEDIA_H
#define HEXTANT_DEVICES_BLK_MEDIA_H

#include "common/state.h"
#include "devices/blk_image.h"

/* Writes it to the sink. An image that the guest writes to gets the present time as its own, so
 * that the next write changes it. 0, or -1 with *err. */
int media_save(struct image *im, const char *name, struct state_sink *sink, struct error *err);
/* Puts it back. 0, or -1 with *err: also if the image has changed since. `name` is for messages. */
int media_load(struct image *im, const char *name, struct state_source *source, struct error *err);

/* What has been written and stays in memory, shared until it is written again; NULL without memory.
 */
struct kept_clusters *media_keep(const struct image *im);
/* The image has what was kept, which stays kept. */
void media_put_back(struct image *im, const struct kept_clusters *kept);
/* Frees; NULL is allowed. */
void media_drop(struct kept_clusters *kept);

#endif
