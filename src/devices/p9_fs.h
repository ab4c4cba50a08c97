/* A 9P2000.L server for one folder of the host. Every name is opened relative to the descriptor of
 * its folder, one component at a time, and no symbolic link is ever followed, so nothing outside
 * the folder can be reached. */
#ifndef HEXTANT_DEVICES_P9_FS_H
#define HEXTANT_DEVICES_P9_FS_H

#include <dirent.h>

#include "common/types.h"
#include "devices/p9_wire.h"

enum { P9_MSIZE_MAX = 512 << 10 };

/* A file the client has a handle on. */
struct p9_fid {
    u32 id;
    int path; /* O_PATH descriptor */
    int fd;   /* open file, or -1 */
    DIR *dir; /* open folder, or NULL */
    struct p9_fid *next;
};

enum { P9_BUCKETS = 256 };

struct p9_fs {
    int root; /* O_PATH descriptor */
    bool read_only;
    u32 msize;
    struct p9_fid *bucket[P9_BUCKETS];
};

/* One request being served: `in` is behind the header, `out` where the reply's body goes. */
struct p9_call {
    struct p9_fs *fs;
    struct p9_cursor in, out;
};

/* Serves the message in `in` (len bytes) and writes the reply into out[room]. Returns its length; 0
 * if not even an error fits. */
u32 p9_serve(struct p9_fs *fs, u8 *in, u32 len, u8 *out, u32 room);
/* Forgets every fid. */
void p9_clunk_all(struct p9_fs *fs);

/* For the two files of the server. An operation returns 0 or an errno. */
typedef int p9_op(struct p9_call *c);
struct p9_fid *p9_find(struct p9_fs *fs, u32 id);
/* A usable file name: one component, not "." or "..". */
bool p9_name_ok(const char *name);
/* The operations on files: p9_ops.c. */
p9_op p9_lopen, p9_lcreate, p9_read, p9_write, p9_readdir, p9_fsync, p9_getattr, p9_setattr;
p9_op p9_readlink, p9_symlink, p9_link, p9_mknod, p9_mkdir, p9_renameat, p9_unlinkat, p9_statfs;

#endif
