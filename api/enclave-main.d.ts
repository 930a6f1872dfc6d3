// Generated from the declarations that the build makes: npm run gen. A change here is a change of the public API.

export {};
