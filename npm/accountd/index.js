'use strict';

/** Where the program lies: what ACCOUNTD_BINARY names, or else what was installed for this platform. */
function binary() {
  if (process.env.ACCOUNTD_BINARY) return process.env.ACCOUNTD_BINARY;
  const platform = `@accountd/${process.platform}-${process.arch}`;
  const name = process.platform === 'win32' ? 'accountd.exe' : 'accountd';
  try {
    return require.resolve(`${platform}/bin/${name}`);
  } catch {
    throw new Error(
      `accountd: the package ${platform} is not installed. Either there is no program for this platform, or npm was told ` +
        'to leave out optional dependencies (--omit=optional).',
    );
  }
}

module.exports = { binary };
