using Acme.Service.Api;
using Acme.Service.Api.Common;
using Acme.Service.Application;
using Acme.Service.Infrastructure;
using Acme.Service.Infrastructure.ReadReplicas;
using Acme.Service.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddDataSources();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddApplication();
builder.Services.AddInfrastructure(builder.Configuration);
builder.AddHttpSurface();

var app = builder.Build();
app.UseSyncTokens();
app.UseHttpSurface();
app.MapHealthEndpoints();
app.MapEndpointGroups();
app.Run();
