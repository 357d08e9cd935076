// Healthy is a MongoDB that can be written to. One that is no replica set yet becomes a set of one.
db.auth(process.env.MONGO_INITDB_ROOT_USERNAME, process.env.MONGO_INITDB_ROOT_PASSWORD);
const hello = db.hello();
if (!hello.setName) rs.initiate({ _id: "conductor", members: [{ _id: 0, host: "mongo:27017" }] });
if (!hello.isWritablePrimary) quit(1);
