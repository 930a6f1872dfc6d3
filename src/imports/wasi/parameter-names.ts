// What the parameters of each WASI call are called, for people who read a list of calls: the names of the specification, and of WAMR's headers for its
// socket extensions. A pointer has a star, text a dollar: its length is the next parameter.

const OPTION = 'fd value';
const READ_OPTION = 'fd *value';

const NAMES: Readonly<Record<string, string>> = {
  args_get: '*argv *argv_buf',
  args_sizes_get: '*argc *argv_buf_size',
  environ_get: '*environ *environ_buf',
  environ_sizes_get: '*environc *environ_buf_size',
  clock_res_get: 'id *resolution',
  clock_time_get: 'id precision *time',
  fd_close: 'fd',
  fd_renumber: 'fd to',
  fd_fdstat_get: 'fd *stat',
  fd_fdstat_set_flags: 'fd flags',
  fd_fdstat_set_rights: 'fd fs_rights_base fs_rights_inheriting',
  fd_prestat_get: 'fd *prestat',
  fd_prestat_dir_name: 'fd *path path_len',
  fd_sync: 'fd',
  fd_datasync: 'fd',
  fd_advise: 'fd offset len advice',
  fd_allocate: 'fd offset len',
  fd_filestat_get: 'fd *filestat',
  fd_filestat_set_size: 'fd size',
  fd_filestat_set_times: 'fd atim mtim fst_flags',
  fd_seek: 'fd offset whence *newoffset',
  fd_tell: 'fd *offset',
  fd_readdir: 'fd *buf buf_len cookie *bufused',
  fd_read: 'fd *iovs iovs_len *nread',
  fd_write: 'fd *iovs iovs_len *nwritten',
  fd_pread: 'fd *iovs iovs_len offset *nread',
  fd_pwrite: 'fd *iovs iovs_len offset *nwritten',
  path_open: 'fd dirflags $path path_len oflags fs_rights_base fs_rights_inheriting fdflags *opened_fd',
  path_filestat_get: 'fd flags $path path_len *filestat',
  path_filestat_set_times: 'fd flags $path path_len atim mtim fst_flags',
  path_readlink: 'fd $path path_len *buf buf_len *bufused',
  path_create_directory: 'fd $path path_len',
  path_remove_directory: 'fd $path path_len',
  path_unlink_file: 'fd $path path_len',
  path_symlink: '$old_path old_path_len fd $new_path new_path_len',
  path_link: 'old_fd old_flags $old_path old_path_len new_fd $new_path new_path_len',
  path_rename: 'fd $old_path old_path_len new_fd $new_path new_path_len',
  poll_oneoff: '*in *out nsubscriptions *nevents',
  proc_exit: 'rval',
  proc_raise: 'sig',
  sched_yield: '',
  random_get: '*buf buf_len',
  sock_accept: 'fd flags *new_fd',
  sock_recv: 'fd *ri_data ri_data_len ri_flags *ro_datalen *ro_flags',
  sock_send: 'fd *si_data si_data_len si_flags *so_datalen',
  sock_shutdown: 'fd how',
  sock_open: 'pool_fd address_family type *new_fd',
  sock_close: 'fd',
  sock_bind: 'fd *addr',
  sock_listen: 'fd backlog',
  sock_connect: 'fd *addr',
  sock_addr_local: 'fd *addr',
  sock_addr_remote: 'fd *addr',
  sock_send_to: 'fd *si_data si_data_len si_flags *dest_addr *so_datalen',
  sock_recv_from: 'fd *ri_data ri_data_len ri_flags *src_addr *ro_datalen',
  sock_addr_resolve: '*host *service *hints *addr_info addr_info_size *max_info_size',
  sock_set_linger: 'fd is_enabled linger_s',
  sock_get_linger: 'fd *is_enabled *linger_s',
  sock_set_ip_multicast_loop: 'fd ipv6 is_enabled',
  sock_get_ip_multicast_loop: 'fd ipv6 *is_enabled',
  sock_set_ip_add_membership: 'fd *imr_multiaddr imr_interface',
  sock_set_ip_drop_membership: 'fd *imr_multiaddr imr_interface',
};

/** A parameter of a call, and how its value is best shown. */
export interface Parameter {
  readonly name: string;
  /** `text`: the address of UTF-8 text whose length is the next parameter. */
  readonly shows: 'number' | 'pointer' | 'text';
}

/** Returns the parameters of a WASI call, in order; none for a name that is no call. */
export function parametersOf(call: string): readonly Parameter[] {
  const option = /^sock_(set|get)_/.exec(call)?.[1];
  const names = Object.hasOwn(NAMES, call) ? NAMES[call]! : option === 'set' ? OPTION : option ? READ_OPTION : '';
  return names === '' ? [] : names.split(' ').map(parameter);
}

function parameter(word: string): Parameter {
  const shows = word[0] === '*' ? 'pointer' : word[0] === '$' ? 'text' : 'number';
  return { name: shows === 'number' ? word : word.slice(1), shows };
}
