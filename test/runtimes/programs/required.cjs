// As CommonJS programs get the package: by require, without a bundler.

const { run } = require('./program.js')

for (const name of ['handshake', 'keepalive', 'permessage-deflate', 'permessage-deflate/node', 'streams']) {
  if (Object.keys(require(`noio-ws/${name}`)).length === 0) throw new Error(`noio-ws/${name} is empty`)
}

console.log(`report ${JSON.stringify({ ...run(), file: require.resolve('noio-ws') })}`)
