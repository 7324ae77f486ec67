#!/usr/bin/env node
// `npx tocsin …` in a checkout: runs the TypeScript entry point with the Node that npm put on PATH.
import '../src/main.ts';
