using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Infrastructure.Persistence.Migrations;

/// <summary>Lets <c>dotnet ef migrations add</c> see the models. No server is asked.</summary>
internal sealed class DesignTime : IDesignTimeDbContextFactory<DirectoryContext>, IDesignTimeDbContextFactory<ShardContext>
{
    DirectoryContext IDesignTimeDbContextFactory<DirectoryContext>.CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<DirectoryContext>().UseNpgsql().Options);

    ShardContext IDesignTimeDbContextFactory<ShardContext>.CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<ShardContext>().UseNpgsql().Options);
}
