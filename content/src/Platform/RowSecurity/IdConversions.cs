using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Platform.RowSecurity;

/// <summary>Ids of the domain, such as <c>WalletId(Guid Value)</c>, are columns of type <c>uuid</c>.</summary>
internal static class IdConversions
{
    public static void AddIdConversions(this ModelConfigurationBuilder configuration)
    {
        var ids = typeof(UserId).Assembly.GetTypes().Where(type =>
            type.IsValueType && type.Name.EndsWith("Id", StringComparison.Ordinal)
                && type.GetConstructor([typeof(Guid)]) is not null);
        foreach (var id in ids)
        {
            configuration.Properties(id).HaveConversion(typeof(Conversion<>).MakeGenericType(id));
        }
    }

    private sealed class Conversion<TId>() : ValueConverter<TId, Guid>(ToGuid(), ToId())
    {
        private static Expression<Func<TId, Guid>> ToGuid()
        {
            var id = Expression.Parameter(typeof(TId));
            return Expression.Lambda<Func<TId, Guid>>(Expression.Property(id, nameof(UserId.Value)), id);
        }

        private static Expression<Func<Guid, TId>> ToId()
        {
            var value = Expression.Parameter(typeof(Guid));
            return Expression.Lambda<Func<Guid, TId>>(Expression.New(typeof(TId).GetConstructor([typeof(Guid)])!, value), value);
        }
    }
}
