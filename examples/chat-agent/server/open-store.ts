import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { TaskStore } from '@outlast/core'
import { sqliteStore } from '@outlast/core/sqlite'
import Database from 'libsql'
import { exampleFolder } from './folders.ts'

/** The file that tasks are kept in: `DATABASE`, or one beside the example. */
export function databaseFile(env: Readonly<Record<string, string | undefined>>): string {
  return env.DATABASE ? resolve(env.DATABASE) : join(exampleFolder, '.data', 'tasks.db')
}

/** Opens the SQLite file, and makes it and its folder where they are missing. */
export function openStore(file: string): TaskStore {
  mkdirSync(dirname(file), { recursive: true })
  return sqliteStore(new Database(file), { closeDatabase: true })
}
