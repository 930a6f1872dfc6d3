// path_open: the flags, the kinds of file, the errors.
#include "check.h"

// The header's path_open takes a C string; this one takes a length.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("path_open"))) int32_t
path_open_bytes(int32_t fd, int32_t dirflags, const char *path, int32_t length, int32_t oflags, int64_t base, int64_t inheriting,
                int32_t fdflags, __wasi_fd_t *opened);

static void create_and_truncate(void) {
  __wasi_fd_t fd;
  WANT(open_at(root, "file", 0, FILE_RIGHTS, &fd), NOENT);
  OK(open_at(root, "file", __WASI_OFLAGS_CREAT, FILE_RIGHTS, &fd));
  TRUE(fd > 2 && fd < 64);
  OK(write_text(fd, "12345"));
  OK(__wasi_fd_close(fd));
  OK(open_at(root, "file", __WASI_OFLAGS_CREAT, FILE_RIGHTS, &fd));
  SAME(5, size_of(fd));
  OK(__wasi_fd_close(fd));
  WANT(open_at(root, "file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, FILE_RIGHTS, &fd), EXIST);
  SAME(NO_FD, fd);
  OK(open_at(root, "new", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, FILE_RIGHTS, &fd));
  OK(__wasi_fd_close(fd));
  OK(open_at(root, "file", __WASI_OFLAGS_TRUNC, FILE_RIGHTS, &fd));
  SAME(0, size_of(fd));
  OK(__wasi_fd_close(fd));
  UNLINK("new");
}

static void directories(void) {
  __wasi_fd_t fd, below;
  OK(__wasi_path_create_directory(root, "dir"));
  WANT(open_at(root, "file", __WASI_OFLAGS_DIRECTORY, READ, &fd), NOTDIR);
  WANT(open_at(root, "missing", __WASI_OFLAGS_DIRECTORY, READ, &fd), NOENT);
  WANT(open_at(root, "file/", 0, READ, &fd), NOTDIR, NOENT);
  WANT(open_at(root, "file/x", 0, READ, &fd), NOTDIR);
  WANT(open_at(root, "dir", 0, FILE_RIGHTS, &fd), ISDIR);
  WANT(open_at(root, "dir", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, READ, &fd), EXIST);
  WANT(open_at(root, "dir/missing/file", __WASI_OFLAGS_CREAT, FILE_RIGHTS, &fd), NOENT);
  OK(open_at(root, "dir/", 0, DIRECTORY_RIGHTS, &fd));
  WANT(open_at(fd, "../dir/file", __WASI_OFLAGS_CREAT, FILE_RIGHTS, &below), NOTCAPABLE, PERM); // fd is a root of its own
  OK(open_at(fd, "file", __WASI_OFLAGS_CREAT, FILE_RIGHTS, &below));
  OK(__wasi_fd_close(below));
  WANT(open_at(below, "file", 0, READ, &below), BADF);
  OK(__wasi_fd_close(fd));
  OK(open_at(root, "dir/file", 0, READ, &fd));
  WANT(open_at(fd, "file", 0, READ, &below), NOTDIR, NOTCAPABLE, BADF);
  OK(__wasi_fd_close(fd));
  UNLINK("dir/file");
  RMDIR("dir");
}

static void links(void) {
  __wasi_fd_t fd;
  OK(__wasi_path_symlink("file", root, "link"));
  OK(__wasi_path_open(root, FOLLOW, "link", 0, READ, 0, 0, &fd));
  OK(__wasi_fd_close(fd));
  WANT(open_at(root, "link", 0, READ, &fd), LOOP);
  WANT(open_at(root, "link", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, FILE_RIGHTS, &fd), EXIST);
  WANT(open_at(root, "link", __WASI_OFLAGS_DIRECTORY, READ, &fd), NOTDIR, LOOP);
  UNLINK("link");
  OK(__wasi_path_symlink("missing", root, "dangling"));
  WANT(__wasi_path_open(root, FOLLOW, "dangling", 0, READ, 0, 0, &fd), NOENT);
  WANT(open_at(root, "dangling", 0, READ, &fd), LOOP, NOENT);
  UNLINK("dangling");
}

static void append(void) {
  __wasi_fd_t fd;
  __wasi_filesize_t at;
  make_file("file", "12345");
  OK(__wasi_path_open(root, 0, "file", 0, FILE_RIGHTS, 0, __WASI_FDFLAGS_APPEND, &fd));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  OK(write_text(fd, "67"));
  OK(__wasi_fd_close(fd));
  TRUE(holds("file", "1234567"));
}

TEST("path_open") {
  __wasi_fd_t fd;
  create_and_truncate();
  directories();
  links();
  append();
  WANT(open_at(root, "", 0, READ, &fd), NOENT, INVAL);
  WANT(open_at(NO_FD, "file", 0, READ, &fd), BADF);
  WANT(path_open_bytes((int32_t)root, 0, "file\0x", 6, 0, READ, 0, 0, &fd), INVAL, ILSEQ, NOENT);
  OK(path_open_bytes((int32_t)root, 0, "filename", 4, 0, READ, 0, 0, &fd));
  OK(__wasi_fd_close(fd));
  UNLINK("file");
}
