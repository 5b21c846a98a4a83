global using Domain.Common;
global using Microsoft.EntityFrameworkCore;
global using Microsoft.EntityFrameworkCore.Metadata.Builders;
global using Npgsql;
global using Platform.Common;
global using Platform.Databases;
global using Platform.Sharding;
