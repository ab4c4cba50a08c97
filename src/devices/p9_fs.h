/* A 9P2000.L server for one folder of the host. Every name is opened relative to the descriptor of
 * its folder, one component at a time, and no symbolic link is ever followed, so nothing outside
 * the folder can be reached. */
#ifndef HEXTANT_DEVICES_P9_FS_H
#define HEXTANT_DEVICES_P9_FS_H

#include <dirent.h>

#include "common/error.h"
#include "common/state.h"
#include "common/types.h"
#include "devices/p9_wire.h"

/* A message is a piece of a device's work (VIRTIO_PIECE). */
enum { P9_MSIZE_MAX = 256 << 10 };
/* The least room for a reply: for an error. */
enum { P9_SMALLEST = P9_HEADER + 4 };

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
    int root;   /* O_PATH descriptor */
    bool local; /* host_is_local() of all that the client has come to */
    bool read_only;
    u32 msize;
    struct p9_fid *bucket[P9_BUCKETS];
};

/* One request being served: `in` is behind the header, `out` where the reply's body goes. */
struct p9_call {
    struct p9_fs *fs;
    struct p9_cursor in, out;
};

/* Serves the message c->in, and writes the reply into c->out; both are at their start. Returns its
 * length; 0 if not even an error fits. */
u32 p9_serve(struct p9_call *c);
/* May it take the host long? Not what a file system of its own does in memory. */
bool p9_may_last(const struct p9_call *c);
/* Forgets every fid. */
void p9_clunk_all(struct p9_fs *fs);

/* ---- state (p9_state.c) ---- */

/* msize, and the fids as paths below the root. 0, or -1 without memory. */
int p9_save(const struct p9_fs *fs, struct state_blob *out);
/* Is every file of a fid still where its path says? 0, or -1 with *err. */
int p9_portable(const struct p9_fs *fs, struct error *err);
/* Puts it back; of those that their paths do not lead to, what `old` (may be NULL) has open is
 * moved over. 0, or -1 with *err. */
int p9_load(struct p9_fs *fs, const struct state_blob *in, struct p9_fs *old, struct error *err);

/* For the files of the server. An operation returns 0 or an errno. */
typedef int p9_op(struct p9_call *c);
struct p9_fid *p9_find(struct p9_fs *fs, u32 id);
/* A new fid that owns `path`; NULL without memory, then it is closed. */
struct p9_fid *p9_add_fid(struct p9_fs *fs, u32 id, int path);
/* Drops the fid `id`. 0, or EBADF if there is none. */
int p9_clunk(struct p9_fs *fs, u32 id);
/* Moves a fid that exists from one server to another. */
struct p9_fid *p9_move_fid(struct p9_fs *from, struct p9_fs *to, u32 id);
/* After f->fd was opened: f->dir if it is a folder. 0, or -1 without memory, f->fd closed. */
int p9_open_dir(struct p9_fid *f);
/* Opens a path below the folder `root` (`len` bytes, without slashes at its ends), one component at
 * a time and following no link: an O_PATH descriptor, or -1 with errno. */
int p9_open_below(int root, const char *path, u32 len);
/* Opens the plain file `name` of a folder with the host's flags; one that O_CREAT asks for gets
 * `mode`. *path: an O_PATH descriptor of it. The open file, or -1 with errno. */
int p9_open_file(int dir, const char *name, int flags, mode_t mode, int *path);
/* A usable file name: one component, not "." or "..". */
bool p9_name_ok(const char *name);
/* The operations on files: p9_ops.c. */
p9_op p9_lopen, p9_lcreate, p9_read, p9_write, p9_readdir, p9_fsync, p9_getattr, p9_setattr;
p9_op p9_readlink, p9_symlink, p9_link, p9_mknod, p9_mkdir, p9_renameat, p9_unlinkat, p9_statfs;

#endif
