/* Disks in snapshots. The image itself is only named: by its size and the time of its last change.
 */
#include "devices/blk_media.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the snapshot says of the image. */
struct media {
    u32 mode;
    u64 size, changed_s, changed_ns;
    u64 clusters; /* that follow, each behind its number */
};

static const struct state_row rows[] = {
    STATE_FIELD(struct media, mode),      STATE_FIELD(struct media, size),
    STATE_FIELD(struct media, changed_s), STATE_FIELD(struct media, changed_ns),
    STATE_FIELD(struct media, clusters),
};

static struct state_part media_part(const struct media *md)
{
    return state_part(md, rows, ARRAY_LEN(rows), "image");
}

/* 0, or -1 with errno. */
static int look(const struct image *im, struct media *md)
{
    struct stat st;
    if (fstat(im->fd, &st))
        return -1;
    *md = (struct media){.mode = im->mode,
                         .size = im->size,
                         .changed_s = (u64)st.st_mtim.tv_sec,
                         .changed_ns = (u64)st.st_mtim.tv_nsec};
    for (u64 i = 0; i < im->num_clusters; i++)
        md->clusters += im->clusters[i] != NULL;
    return 0;
}

static int save_clusters(const struct image *im, struct state_sink *sink)
{
    for (u64 i = 0; i < im->num_clusters; i++)
        if (im->clusters[i] && (sink->write(sink, &i, sizeof i) ||
                                sink->write(sink, im->clusters[i]->data, IMAGE_CLUSTER)))
            return -1;
    return 0;
}

int media_save(struct image *im, const char *name, struct state_sink *sink, struct error *err)
{
    static const struct timespec now[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
    struct media md;
    /* The host's clock of files is coarse; this one is not, so the next write shows. */
    if ((im->mode == IMAGE_RW && futimens(im->fd, now)) || look(im, &md))
        return error_set(err, "drive '%s': %s", name, strerror(errno));
    struct state_part part = media_part(&md);
    if (state_save(sink, &part, err))
        return -1;
    return save_clusters(im, sink) ? error_set(err, "drive '%s' cannot be saved", name) : 0;
}

/* Is it the image that was saved? */
static int check(const struct media *now, const struct media *saved, const char *name,
                 struct error *err)
{
    static const char *const modes[] = {
        [IMAGE_RW] = "writable", [IMAGE_RO] = "read-only", [IMAGE_SNAPSHOT] = "snapshot=on"};
    if (saved->mode != now->mode)
        return error_set(err, "drive '%s' was %s when the snapshot was saved", name,
                         saved->mode < ARRAY_LEN(modes) ? modes[saved->mode] : "something else");
    if (saved->size == now->size && saved->changed_s == now->changed_s &&
        saved->changed_ns == now->changed_ns)
        return 0;
    return error_set(err, "drive '%s' has been changed since the snapshot was saved%s", name,
                     now->mode == IMAGE_RW ? "; with ,snapshot=on the file stays as it is" : "");
}

static int load_clusters(struct image *im, u64 count, struct state_source *source)
{
    for (; count; count--) {
        u64 i;
        if (source->read(source, &i, sizeof i) || i >= im->num_clusters)
            return -1;
        struct cluster *c = image_new_cluster();
        if (!c)
            return -1;
        image_drop_cluster(im->clusters[i]);
        im->clusters[i] = c;
        if (source->read(source, c->data, IMAGE_CLUSTER))
            return -1;
    }
    return 0;
}

int media_load(struct image *im, const char *name, struct state_source *source, struct error *err)
{
    struct media saved = {0}, now;
    struct state_part part = media_part(&saved);
    if (state_load(source, &part, err))
        return -1;
    if (im->fd < 0) { /* it has no file: a tape has what the guest reads */
        now = saved;
        now.mode = im->mode;
        if (image_resize(im, saved.size))
            return error_set(err, "drive '%s': out of memory", name);
    } else if (look(im, &now))
        return error_set(err, "drive '%s': %s", name, strerror(errno));
    if (check(&now, &saved, name, err))
        return -1;
    return load_clusters(im, saved.clusters, source)
               ? error_set(err, "drive '%s': what was written cannot be put back", name)
               : 0;
}

/* ---- in memory ---- */

struct kept_clusters {
    u64 count;
    struct cluster *cluster[];
};

struct kept_clusters *media_keep(const struct image *im)
{
    struct kept_clusters *kept = calloc(1, sizeof *kept + im->num_clusters * sizeof(void *));
    if (!kept)
        return NULL;
    kept->count = im->num_clusters;
    for (u64 i = 0; i < kept->count; i++)
        kept->cluster[i] = image_share_cluster(im->clusters[i]);
    return kept;
}

void media_put_back(struct image *im, const struct kept_clusters *kept)
{
    for (u64 i = 0; i < kept->count; i++) {
        image_drop_cluster(im->clusters[i]);
        im->clusters[i] = image_share_cluster(kept->cluster[i]);
    }
}

void media_drop(struct kept_clusters *kept)
{
    for (u64 i = 0; kept && i < kept->count; i++)
        image_drop_cluster(kept->cluster[i]);
    free(kept);
}
