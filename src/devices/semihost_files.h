/* The files that semihosting calls have open: names, handles and positions, below one folder. */
#ifndef HEXTANT_DEVICES_SEMIHOST_FILES_H
#define HEXTANT_DEVICES_SEMIHOST_FILES_H

#include "devices/p9_fs.h"
#include "devices/worker.h"

/* Handles are 1 to SEMIHOST_HANDLES - 1. */
enum { SEMIHOST_HANDLES = 32, SEMIHOST_PART = 4096 };
/* What a handle is: free; the console to read or to write; what may be asked for; a file. */
enum semihost_kind { SEMI_FREE, SEMI_CONSOLE_IN, SEMI_CONSOLE_OUT, SEMI_FEATURES, SEMI_FILE };

struct semihost_files {
    struct p9_fs fs; /* a file's fid is its handle */
    bool any;        /* is there a folder? */
    u8 kind[SEMIHOST_HANDLES];
    u64 at[SEMIHOST_HANDLES];  /* position */
    const struct owner *owner; /* who may end the run; NULL: nobody */
    struct tape *tape;         /* what the host says goes by way of it; NULL: it need not */
    struct worker *worker;     /* does what may take time, or NULL */
    struct file_job *job;      /* its last job, or NULL */
};

/* All below fail with EINTR, too, when the user has ended the run and the host has not come back.
 */

/* Closes all files and the folder. */
void semihost_files_end(struct semihost_files *f);
/* Opens `name` with one of the modes 0 to 11 of SYS_OPEN. The handle, or -1 with errno. */
int semihost_open(struct semihost_files *f, const char *name, u64 mode);
/* 0, or -1 with errno. */
int semihost_close(struct semihost_files *f, u64 handle);
/* The bytes that there are to read, or -1 with errno. */
s64 semihost_length(struct semihost_files *f, u64 handle);
/* At the position, which goes on: how many bytes, or -1 with errno; at most SEMIHOST_PART at a
 * time. Not for the console. */
ssize_t semihost_read(struct semihost_files *f, u64 handle, void *to, size_t len);
ssize_t semihost_write(struct semihost_files *f, u64 handle, const void *from, size_t len);
/* 0, or -1 with errno. */
int semihost_remove(struct semihost_files *f, const char *name);
int semihost_rename(struct semihost_files *f, const char *name, const char *to);
enum semihost_kind semihost_kind(const struct semihost_files *f, u64 handle);

#endif
