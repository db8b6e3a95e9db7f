// Express 4 under its alias; its types are close enough to those of 5 for what the tests do with it.
declare module 'express4' {
  import express from 'express'
  export default express
}
