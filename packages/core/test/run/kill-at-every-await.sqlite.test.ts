import { sqliteStore } from '../../src/stores/sqlite/index.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { beforeOthers, runKillSuite, superseded } from './kill-scenarios/run-kill-suite.ts'

const [driver] = sqliteDrivers()
if (driver === undefined) throw new Error('libsql is always there')
const { connect } = driver

runKillSuite(
  'L1 · in SQLite',
  (now) => sqliteStore(connect(':memory:'), { now, closeDatabase: true }),
  [beforeOthers, superseded].map((variant) => ({ ...variant, onlyAtStore: true })),
)
