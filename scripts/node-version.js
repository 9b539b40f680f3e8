// Loaded before every script, so that an old Node says one sentence instead of a stack trace. Plain
// JavaScript, because an old Node has to read it. On Linux x64 npm brings its own Node 24.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  const bundled = process.platform === 'linux' && process.arch === 'x64'
  console.error(
    bundled
      ? `Run npm ci first: it brings the Node that Kiosk runs on. This one, ${process.version}, is too old.`
      : `Kiosk needs Node 22.18 or newer on this system, and this is ${process.version}: please install a newer one from https://nodejs.org.`,
  )
  process.exit(1)
}
