// Loaded before every script, so that an old Node prints one sentence instead of a stack trace. Plain
// JavaScript, because an old Node has to parse it. On Linux x64, npm ci installs Node 24.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  const bundled = process.platform === 'linux' && process.arch === 'x64'
  console.error(
    bundled
      ? `Run npm ci first: it installs the Node that Kiosk needs. This one, ${process.version}, is too old.`
      : `Kiosk needs Node 22.18 or newer on this system, but this is ${process.version}. Install a newer one from https://nodejs.org.`,
  )
  process.exit(1)
}
