global using System.Diagnostics;
global using System.Globalization;
global using Domain.Common;
global using Npgsql;
global using Platform.Common;
global using Platform.Databases;
global using Platform.Failover;
