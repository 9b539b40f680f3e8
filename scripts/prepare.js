// npm runs it before it packs, after it has fetched the package from git, and after an install here. Plain
// JavaScript, because an old Node has to read it.
const isForTheShopAlone = /\bci\b/.test(process.env.npm_command ?? '')
if (!isForTheShopAlone) {
  await import('./node-version.js')
  await import('./pack-client.ts')
}
