import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Served, ServedMount } from './serve.ts'

/** An nginx of a test's own, and how it is ended. */
interface Nginx {
  stop(): Promise<void>
}

/** The nginx that `npm test` has found or installed, else Debian's; `null` where there is none. */
export function findNginx(): string | null {
  const { NGINX } = process.env
  return [...(NGINX ? [NGINX] : []), '/usr/sbin/nginx'].find((path) => existsSync(path)) ?? null
}

/** nginx's default for everything: the upstream speaks HTTP/1.0, and answers are buffered. */
export const plainProxy = `
server {
  listen 80;
  location / { proxy_pass http://127.0.0.1:3000; }
}`

/** The configuration of the guide about proxies, so that what it says is what is tested. */
export async function documentedProxy(): Promise<string> {
  const guide = await readFile(new URL('../../../../docs/guides/proxies.md', import.meta.url), 'utf8')
  const [, snippet] = /```nginx\n([\s\S]*?)```/.exec(guide) ?? []
  if (snippet === undefined) throw new Error('docs/guides/proxies.md has no nginx snippet')
  return snippet
}

/** Debian's `nginx.conf`, but for its paths; `servers` stands where it includes the sites. */
function mainConfig(directory: string, servers: string): string {
  return `
pid ${directory}/nginx.pid;
error_log stderr;
worker_processes 1;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  access_log off;
  gzip on;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  ${servers}
}`
}

/** Starts an nginx with servers that listen on port 80 for an upstream on port 3000, as the guide has it. */
async function startNginx(
  program: string,
  servers: string,
  { port, upstreamPort }: { port: number; upstreamPort: number },
): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), 'outlast-nginx-'))
  // As root, nginx's workers run as somebody else.
  await chmod(directory, 0o755)
  const placed = servers
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replaceAll('http://127.0.0.1:3000', `http://127.0.0.1:${upstreamPort}`)
  const config = join(directory, 'nginx.conf')
  await writeFile(config, mainConfig(directory, placed))
  const nginx = spawn(program, ['-p', directory, '-c', config, '-e', 'stderr', '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  nginx.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = once(nginx, 'exit')
  while (!(await isListening(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx did not start: ${said}`)
    await delay(10)
  }
  return {
    async stop() {
      nginx.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** A mount behind an nginx of its own. */
export function behindNginx(
  program: string,
  mount: ServedMount,
  configOf: () => string | Promise<string>,
): ServedMount {
  return {
    ...mount,
    name: `${mount.name} behind nginx`,
    strictPaths: true,
    proxied: true,
    async open(manager, options): Promise<Served> {
      const port = await freePort()
      // The public port is not 80, and so its origin has to be listed.
      const allowedOrigins = [...(options.allowedOrigins ?? []), `http://127.0.0.1:${port}`]
      const upstream = await mount.open(manager, { ...options, allowedOrigins })
      const nginx = await startNginx(program, await configOf(), { port, upstreamPort: upstream.port })
      return {
        ...upstream,
        port,
        send: (path, init) => fetch(`http://127.0.0.1:${port}${upstream.basePath}${path}`, init),
        async close() {
          await nginx.stop()
          await upstream.close()
        },
      }
    },
  }
}
