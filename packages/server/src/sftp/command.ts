/** Members have their login confined to their own folder by sshd_config; which sources they are stands in /etc/group. */
export const sftpGroup = 'berth-sftp';

/**
 * The forced command of a key of an SFTP source. sshd answers it itself, without a shell or another program, and only a
 * client that asked for SFTP; everyone else is told so and shut out.
 */
export const sftpCommand = ({ readOnly }: { readonly readOnly: boolean }): readonly string[] => [
  'internal-sftp',
  '-d',
  '/files',
  '-u',
  '0077',
  ...(readOnly ? ['-R'] : []),
];
